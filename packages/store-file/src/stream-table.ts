/** What is known of a stream: how many entries it has, and the place of the last one. */
export interface Stream {
  count: number
  last: number
}

/** The numbers of each stream: its `count`, its `last`, and where its name ends among the names. */
const NUMBERS = 3
const [COUNT, LAST, END] = [0, 1, 2]

/**
 * Streams by name, as one piece of memory that is written to a file as it is and searched as it is read: the names in their order,
 * and three numbers for each. Nothing is made of it when it is read, however many there are. A name stands in UTF-16, so that
 * every text is another one.
 */
export class StreamTable {
  static readonly empty = new StreamTable(new Uint32Array(0), Buffer.alloc(0))

  readonly numbers: Uint32Array
  readonly names: Buffer

  /** Both as another table has them. */
  constructor(numbers: Uint32Array, names: Buffer) {
    this.numbers = numbers
    this.names = names
  }

  get size(): number {
    return this.numbers.length / NUMBERS
  }

  find(stream: string): Stream | undefined {
    const name = bytesOf(stream)
    const place = this.#placeOf(name)
    if (!this.#isAt(place, name)) return undefined
    const from = place * NUMBERS
    return { count: this.numbers[from + COUNT] as number, last: this.numbers[from + LAST] as number }
  }

  /** The table with some streams as they are now. What lies between them is copied as it lies, however many streams that is. */
  with(changed: ReadonlyMap<string, Stream>): StreamTable {
    const later = Array.from(changed, ([stream, { count, last }]) => {
      const name = bytesOf(stream)
      const place = this.#placeOf(name)
      return { name, count, last, place, isNew: !this.#isAt(place, name) }
    })
    later.sort((one, other) => one.place - other.place || Buffer.compare(one.name, other.name))
    const added = later.filter(one => one.isNew)
    const numbers = new Uint32Array(this.numbers.length + added.length * NUMBERS)
    const names = Buffer.allocUnsafe(added.reduce((sum, { name }) => sum + name.length, this.names.length))
    let [from, to, length] = [0, 0, 0]
    const copyUntil = (place: number) => {
      length += this.names.copy(names, length, this.#start(from), this.#start(place))
      const shift = length - this.#start(place)
      numbers.set(this.numbers.subarray(from * NUMBERS, place * NUMBERS), to * NUMBERS)
      if (shift !== 0) for (let at = to; at < to + place - from; at++) (numbers[at * NUMBERS + END] as number) += shift
      to += place - from
      from = place
    }
    for (const { name, count, last, place, isNew } of later) {
      copyUntil(isNew ? place : place + 1)
      if (isNew) {
        name.copy(names, length)
        length += name.length
        numbers[to++ * NUMBERS + END] = length
      }
      numbers[(to - 1) * NUMBERS + COUNT] = count
      numbers[(to - 1) * NUMBERS + LAST] = last
    }
    copyUntil(this.size)
    return new StreamTable(numbers, names)
  }

  /** The place of a name, or where it would stand. */
  #placeOf(name: Buffer): number {
    let [from, to] = [0, this.size]
    while (from < to) {
      const middle = (from + to) >>> 1
      if (this.names.compare(name, 0, name.length, this.#start(middle), this.#start(middle + 1)) < 0) from = middle + 1
      else to = middle
    }
    return from
  }

  #isAt(place: number, name: Buffer): boolean {
    return (
      place < this.size && this.names.compare(name, 0, name.length, this.#start(place), this.#start(place + 1)) === 0
    )
  }

  /** Where a name starts; for the place after the last one, the end. */
  #start(place: number): number {
    return place === 0 ? 0 : (this.numbers[(place - 1) * NUMBERS + END] as number)
  }
}

const bytesOf = (name: string): Buffer => Buffer.from(name, 'utf16le')
