/** The most memory that this process has held at once. */
import { readFileSync } from 'node:fs';

/**
 * In bytes. Linux carries resourceUsage().maxRSS over from the process that started this one, so there the kernel's mark for this
 * program alone is read.
 */
export function peakMemory(): number {
  if (process.platform === 'linux') {
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    if (kilobytes !== undefined) return Number(kilobytes) * 1024;
  }
  return process.resourceUsage().maxRSS * 1024;
}
