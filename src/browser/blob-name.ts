/** What a file is called in messages. A Blob has no name, a File has. */

export function blobName(blob: Blob, otherwise = 'this file'): string {
  return 'name' in blob && typeof blob.name === 'string' ? blob.name : otherwise;
}
