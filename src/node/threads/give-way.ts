/** Lowers the priority of this process, so that whoever must answer at once comes first where all cores are busy. */
import { getPriority, setPriority } from 'node:os';

/** Lowers it by this many steps of "nice", as far as the system goes. Where it does not allow that, all stay equal. */
export function giveWay(steps: number): void {
  try {
    setPriority(Math.min(getPriority() + steps, 19));
  } catch {
    // Not worth failing for.
  }
}
