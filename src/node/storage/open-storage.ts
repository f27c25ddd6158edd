/** Storage by its address: a folder, or `s3://bucket/folder`. */
import { openFolderStorage } from './folder-storage.js';
import { openS3Storage } from './s3-storage.js';
import type { Storage } from './storage.js';

/** Throws PhizError as `openFolderStorage` and `openS3Storage`. */
export function openStorage(address: string): Promise<Storage> {
  return address.startsWith('s3:') ? openS3Storage(address) : openFolderStorage(address);
}
