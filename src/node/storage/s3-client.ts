/**
 * AWS's own client of S3, as phiz opens it: for Amazon's and any server that speaks like it. Keys and passwords come from where that client
 * looks for them: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, profiles, the machine's role. Other servers are named by
 * AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL.
 */
import type { S3Client } from '@aws-sdk/client-s3';
import { missingPackage } from '../files/missing-package.js';

/** What is to be installed for S3. */
export const S3_PACKAGES = ['@aws-sdk/client-s3', '@aws-sdk/s3-request-presigner'] as const;

export interface OpenS3 {
  readonly client: S3Client;
  readonly s3: typeof import('@aws-sdk/client-s3');
}

/** Throws PhizError `engine-unavailable` where the client is missing. */
export async function openS3Client(): Promise<OpenS3> {
  const s3 = await import('@aws-sdk/client-s3').catch((cause: unknown) => {
    throw missingPackage('storage on S3 needs', S3_PACKAGES, cause);
  });
  const endpoint = process.env.AWS_ENDPOINT_URL_S3 ?? process.env.AWS_ENDPOINT_URL;
  const client = new s3.S3Client({
    region: process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION ?? 'us-east-1',
    // Servers of one's own seldom have a name for each bucket, nor the newest checksums.
    ...(endpoint ? { endpoint, forcePathStyle: true } : {}),
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  return { client, s3 };
}

/** The HTTP status of an answer that was thrown. */
export function statusOf(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
}
