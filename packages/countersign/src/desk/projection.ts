import { CountersignError } from '@countersign/trail'
import type { Cache, Openings, Sealed, Store } from '@countersign/trail/store'
import type { Change } from '../change/change.ts'
import type { RecordBody } from '../record/record.ts'
import { State } from '../record/state.ts'
import { outOfReach } from './private-values.ts'
import { isOfCache, StateCache } from './state-cache.ts'
import { hangsOn, inOrder, isBroken, recordOf } from './stored.ts'

/** Where a projection reads, and what it keeps what it has worked out in. */
interface ProjectionOptions {
  readonly store: Pick<Store, 'read'>
  /** What opens private values: of what an entry redacts it is deleted. */
  readonly openings: Openings | undefined
  readonly cache: Cache | undefined
  readonly every: number
  readonly holds: number
}

/**
 * The state of a trail as a transaction of the host's sees it: the state of the desk, and on top of it the entries that only the
 * transaction has.
 */
export interface Branch {
  readonly state: State
  /** The leaf hash of the last entry that is in it. */
  readonly tail: string | undefined
  /** The state of the desk on which it is built. */
  readonly base: State
  /** How many entries the state of the desk had then: with any more the branch is wrong. */
  readonly from: number
}

/** The entries that were read within a transaction, and the state that they continue: that of an earlier branch, or of the desk. */
export interface Onward {
  readonly before: Branch | undefined
  readonly base: State
  /** How many entries that state had, and the leaf hash of the last. */
  readonly size: number
  readonly tail: string | undefined
  readonly entries: readonly Sealed[]
}

/** What a trail comes to as far as it was read: all entries from the first on, folded in their order. */
export class Projection {
  readonly #store: Pick<Store, 'read'>
  readonly #openings: Openings | undefined
  #cached: StateCache | undefined
  #state: State
  /** How often the cache has turned out to be of another trail, or what was read is no longer in the store. */
  #spoilt = 0
  #isWhole = true
  /** How many entries are in the state. They are folded in order: the next one is that with this number. */
  #size: number
  /** The leaf hash of the last of them, on which the next one hangs. */
  #tail: string | undefined
  #origin = ''
  #catching: Promise<void> | undefined
  /** What is read in without anybody waiting for it. */
  #beside: Promise<void> = Promise.resolve()
  /** What must not be opened any more, and may still lie among the openings. */
  readonly #redacted: Set<string>

  private constructor({ store, openings }: ProjectionOptions, cached: StateCache | undefined) {
    this.#store = store
    this.#openings = openings
    this.#cached = cached
    this.#state = cached?.state ?? new State()
    this.#size = this.#state.size
    this.#tail = cached?.leafHash
    this.#redacted = new Set(openings === undefined ? [] : cached?.redacted())
  }

  /** Reads the trail that is there; what is in the cache is not read again. */
  static async open(options: ProjectionOptions): Promise<Projection> {
    const { store, cache, every, holds } = options
    const cached = cache === undefined ? undefined : await StateCache.open(cache, { every, holds }, store)
    const projection = new Projection(options, cached)
    try {
      await projection.catchUp()
      await projection.dispose()
    } catch (error) {
      // There is no desk, so the cache serves none.
      projection.#cached?.release()
      throw error
    }
    projection.#saveQuietly()
    return projection
  }

  get state(): State {
    return this.#state
  }

  /** Whether the state is all that was read so far. Else it is being read again, from the beginning. */
  get isWhole(): boolean {
    return this.#isWhole
  }

  /** The name of the trail, where it has one yet: also while it is being read again. */
  get origin(): string {
    return this.#state.governance.origin || this.#origin
  }

  /** The state for whoever looks at it. Throws `store.unavailable` while it is being read again. */
  current(): State {
    if (this.#isWhole) return this.#state
    throw new CountersignError(
      'store.unavailable',
      'the trail is being read again from its beginning, as what this desk has read, or its cache, was not of it: ask again after `await desk.catchUp()`',
    )
  }

  /** Whether an entry is the next one. */
  isNext(sealed: Sealed): boolean {
    return sealed.seq === this.#size && hangsOn(this.#tail, sealed)
  }

  /** Folds the next entry. `next` is the change that the decision gave, where it is at hand. */
  fold(body: RecordBody, leafHash: string, next?: Change): void {
    this.#state.fold(body, next)
    this.#size += 1
    this.#tail = leafHash
    const isAsked = this.#openings !== undefined || this.#cached !== undefined
    const gone = isAsked ? outOfReach(this.#state, body.outcome) : []
    if (this.#openings !== undefined) for (const one of gone) this.#redacted.add(one)
    if (this.#cached?.folded(gone) === true) this.#saveQuietly()
  }

  /** Puts what was folded since into the cache. Throws what the cache throws. */
  save(): void {
    if (this.#tail !== undefined) this.#cached?.save({ seq: this.#size - 1, leafHash: this.#tail })
  }

  #saveQuietly(): void {
    try {
      this.save()
    } catch {
      // It costs those who come after us some time, and the decision at hand nothing.
    }
  }

  /** Reads in what is new, together with whoever is doing so. */
  catchUp(): Promise<void> {
    this.#catching ??= this.#read().finally(() => {
      this.#catching = undefined
    })
    return this.#catching
  }

  /**
   * Reads in all that is there now. A reading that is under way may have passed the end of the trail before the latest entry was
   * written, so it is waited for, and another one is made.
   */
  async catchUpAnew(): Promise<void> {
    await this.#catching?.catch(() => undefined)
    await this.catchUp()
  }

  /** Does something, and again each time that the cache has turned out to be wrong meanwhile: then the trail is read anew first. */
  async afresh<Result>(work: () => Promise<Result>): Promise<Result> {
    for (;;) {
      if (!this.#isWhole) await this.catchUpAnew()
      try {
        return await work()
      } catch (error) {
        if (!isOfCache(error)) throw error
        await this.catchUpAnew()
      }
    }
  }

  async #read(): Promise<void> {
    for (let isDone = false; !isDone; ) {
      if (this.#cached?.spoilt !== undefined) this.forget()
      try {
        isDone = await this.#readOn()
        if (!isDone) this.forget()
      } catch (error) {
        if (this.#cached?.spoilt === undefined) throw error
      }
    }
    this.#isWhole = true
  }

  /**
   * Reads in what is new. False where that does not go on from what was read before: the store was put back meanwhile.
   * Throws `store.damaged` where it is no trail.
   */
  async #readOn(): Promise<boolean> {
    for (;;) {
      const base = this.#state
      const goesOn = await this.#readOnFrom(base)
      // Else what was read before was thrown away meanwhile, and this reads on from what there is now.
      if (this.#state === base) return goesOn
    }
  }

  /** The same for one state. It stops where that state was thrown away meanwhile, and then its answer means nothing. */
  async #readOnFrom(base: State): Promise<boolean> {
    const from = this.#size
    try {
      for await (const sealed of inOrder(this.#store, from, this.#tail)) {
        if (this.#state !== base) return false
        // Meanwhile an entry of this desk's own was folded, which this one is, or else goes on from.
        if (sealed.seq < this.#size) continue
        if (!this.isNext(sealed)) return false
        this.fold(recordOf(sealed), sealed.leafHash)
      }
    } catch (error) {
      if (this.#state !== base || (from > 0 && isBroken(error))) return false
      throw error
    }
    return true
  }

  /** Throws away what was read and recalled, to read the trail again from its beginning. */
  forget(): void {
    this.#spoilt += 1
    this.#origin = this.origin
    // Somebody may be at it over and over: then it goes without, until it is opened again.
    const before = this.#cached
    this.#cached = this.#spoilt > 2 ? undefined : before?.anew()
    if (this.#cached === undefined) before?.release()
    this.#state = this.#cached?.state ?? new State()
    this.#isWhole = false
    this.#size = 0
    this.#tail = undefined
  }

  /**
   * Throws away what was read, where the store contradicts it and still has nothing new. With a cache, the cache is taken to be wrong,
   * and that is thrown: `afresh` then reads the trail anew and does its work again.
   */
  disown(): void {
    if (this.#cached !== undefined) throw this.#cached.spoil()
    this.forget()
  }

  /** Deletes what opens values that an entry has redacted, here or elsewhere: the entry comes first, and this is made up for. */
  async dispose(): Promise<void> {
    const gone = [...this.#redacted]
    if (this.#openings === undefined || gone.length === 0) return
    await this.#openings.delete(gone)
    for (const one of gone) this.#redacted.delete(one)
  }

  /** Reads in what there is without anybody waiting for it, and is none the worse where that cannot be done. */
  catchUpBeside(): void {
    const before = this.#beside
    this.#beside = this.catchUp()
      .then(() => this.dispose())
      .catch(() => undefined)
      .then(() => before)
  }

  /** Waits for what is read in beside, saves, and lets another desk have the cache. Throws what the cache throws. */
  async close(): Promise<void> {
    await this.#beside
    try {
      this.save()
    } finally {
      this.#cached?.release()
    }
  }

  /** Reads what a transaction sees, beginning with the last entry that is in the state already, or in an earlier branch of it. */
  async onward(trail: Pick<Store, 'read'>, before?: Branch): Promise<Onward> {
    const [base, size, tail] =
      before === undefined ? [this.#state, this.#size, this.#tail] : [before.base, before.state.size, before.tail]
    const entries: Sealed[] = []
    for await (const sealed of inOrder(trail, Math.max(0, size - 1))) entries.push(sealed)
    return { before, base, size, tail, entries }
  }

  /**
   * The state with what a transaction has beyond it. It is to be used at once, before anything more is folded into this state.
   * `undefined` where what was read does not continue this state or the earlier branch, or where this state has gone on since the
   * branch was made.
   */
  branch({ before, base, size, tail, entries }: Onward): Branch | undefined {
    if (this.#state !== base || !this.#isWhole) return undefined
    if (before !== undefined && before.from !== this.#size) return undefined
    const at = (place: number) => entries.find(({ seq }) => seq === place - 1)?.leafHash
    if (size > 0 && at(size) !== tail) return undefined
    // What was folded meanwhile was committed, and may have been read as well.
    const known = at(this.#size)
    if (known !== undefined && known !== this.#tail) return undefined
    const state = before?.state ?? base.branch()
    let last = before?.tail ?? this.#tail
    for (const sealed of entries) {
      if (sealed.seq < state.size) continue
      state.fold(recordOf(sealed))
      last = sealed.leafHash
    }
    return { state, tail: last, base, from: this.#size }
  }
}
