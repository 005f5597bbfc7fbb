/** After so many brief flushes in a row of one call each, during which nobody else came, a caller is taken to be alone. */
const ALONE_AFTER = 8
/** So many flushes at the most are waited for in place before one shows whether somebody else would come. */
const IN_PLACE_AT_MOST = 16
/** So many milliseconds a brief flush takes at the most. What shares the thread with the caller would notice a longer one. */
const BRIEF = 1

/**
 * Tells whether the thread itself waits for the disk. To hand a flush over to another thread is a quarter of what an append costs
 * a caller who is alone; but while the thread waits, nobody else can come, who would have shared the next flush. So it
 * waits only where flushes are brief and nobody has come for a while, and now and then it hands one over to look.
 */
export class Pace {
  /** Brief flushes in a row during which nobody came. */
  #alone = 0
  #inPlace = 0

  /** Whether the flush of so many calls may be waited for in place. */
  waitsFor(calls: number): boolean {
    return calls === 1 && this.#alone >= ALONE_AFTER && this.#inPlace < IN_PLACE_AT_MOST
  }

  /** Takes note of a flush of so many calls that was waited for in place. */
  waited(milliseconds: number): void {
    this.#inPlace += 1
    if (milliseconds >= BRIEF) this.#alone = 0
  }

  /** Takes note of one that was handed over, and during which so many others came. */
  handedOver(milliseconds: number, calls: number, others: number): void {
    this.#inPlace = 0
    this.#alone = calls === 1 && others === 0 && milliseconds < BRIEF ? this.#alone + 1 : 0
  }
}
