/** A caller is taken to be alone after so many brief flushes in a row, each of one call, during which no other call came. */
const ALONE_AFTER = 8
/** After so many flushes for which the thread has waited, one is handed over, to see whether another call comes meanwhile. */
const IN_PLACE_AT_MOST = 16
/** How long a brief flush takes at most, in milliseconds. Whatever shares the thread would notice a longer wait. */
const BRIEF = 1

/**
 * Tells whether the thread itself waits for a flush, or hands it over to another thread. For a caller who is alone,
 * handing over is a quarter of what an append costs. But while the thread waits, no other call can come and share the
 * next flush. So the thread waits only where flushes are brief and no other call has come for a while, and now and then
 * a flush is handed over to see whether that is still so.
 */
export class Pace {
  /** Brief flushes in a row during which nobody came. */
  #alone = 0
  #inPlace = 0

  /** Whether the thread may wait for the flush of so many calls. */
  waitsFor(calls: number): boolean {
    return calls === 1 && this.#alone >= ALONE_AFTER && this.#inPlace < IN_PLACE_AT_MOST
  }

  /** Takes note of a flush for which the thread has waited. */
  waited(milliseconds: number): void {
    this.#inPlace += 1
    if (milliseconds >= BRIEF) this.#alone = 0
  }

  /** Takes note of a flush of so many calls that was handed over, and of how many others came meanwhile. */
  handedOver(milliseconds: number, calls: number, others: number): void {
    this.#inPlace = 0
    this.#alone = calls === 1 && others === 0 && milliseconds < BRIEF ? this.#alone + 1 : 0
  }
}
