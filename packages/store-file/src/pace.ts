/** A caller is taken to be alone after so many flushes in a row, each of one call, during which no other call came. */
const ALONE_AFTER = 8
/** After so many flushes for which the thread has waited, everybody else on it has a turn. */
const IN_PLACE_AT_MOST = 8
/**
 * What brief flushes take at most, in milliseconds, as a mean; and what several of them take at most before everybody else has a turn.
 * Whatever shares the thread would notice a longer wait.
 */
const BRIEF = 1
/** How much of the mean is of the last flush: a disk that is slow once is not slow. */
const WEIGHT = 1 / 8

/**
 * Tells whether the thread itself waits for a flush, or hands it over to another thread. For a caller who is alone,
 * handing over is half of what an append costs. But while the thread waits, no other call can come and share the
 * next flush. So the thread waits only where flushes are brief and no other call has come for a while, and now and then
 * it gives way before a flush, to see whether that is still so.
 */
export class Pace {
  /** Flushes in a row that nobody shared, and during which nobody came. */
  #alone = 0
  #inPlace = 0
  /** For how many milliseconds the thread has waited since everybody else had a turn. */
  #waited = 0
  /** Of a disk of which nothing is known it is not known that it is quick. */
  #mean = BRIEF

  /** Whether all else on the thread has a turn before the next flush. It is taken to have it then. */
  givesWay(): boolean {
    if (this.#inPlace < IN_PLACE_AT_MOST && this.#waited < BRIEF) return false
    this.#hadATurn()
    return true
  }

  /** Whether the thread may wait for the flush of so many calls. */
  waitsFor(calls: number): boolean {
    return calls === 1 && this.#alone >= ALONE_AFTER && this.#mean < BRIEF
  }

  /** Takes note of a flush for which the thread has waited. */
  waited(milliseconds: number): void {
    this.#inPlace += 1
    this.#waited += milliseconds
    this.#took(milliseconds)
  }

  /** Takes note of a flush of so many calls that was handed over, and of how many others came meanwhile. */
  handedOver(milliseconds: number, calls: number, others: number): void {
    this.#hadATurn()
    this.#alone = calls === 1 && others === 0 ? this.#alone + 1 : 0
    this.#took(milliseconds)
  }

  #hadATurn(): void {
    this.#inPlace = 0
    this.#waited = 0
  }

  #took(milliseconds: number): void {
    this.#mean += (milliseconds - this.#mean) * WEIGHT
  }
}
