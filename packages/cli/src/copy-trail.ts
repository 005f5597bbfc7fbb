import { CountersignError, leafHash, readEntry, Tree, wholeTrail } from '@countersign/trail'
import type { Draft, Sealed, Store } from '@countersign/trail/store'
import { InputError } from './input-error.ts'

/** Entries that are written at once: few enough for one transaction, many enough that it does not wait for each. */
const BATCH = 256

/** What a copy came to. */
export interface Copied {
  /** How many entries the target had already, and how many it has now. */
  readonly from: number
  readonly size: number
  readonly root: string
}

/**
 * Copies a trail entry by entry, byte for byte, up to where it ends now. A target that holds a beginning of it already is
 * gone on with; one that holds something else is refused before anything is written. Each entry is sealed anew by the
 * target, and must come out as it was; at the end both have the same root.
 */
export async function copyTrail(
  from: Store,
  to: Store,
  onProgress: (done: number, total: number) => void,
): Promise<Copied> {
  const { size } = await from.head()
  const already = await to.head()
  if (already.size > size) {
    const parted = await partingOf(from, to, size)
    throw differ(
      `the target has ${already.size} entries, and the source ${size}: ${
        parted === undefined ? 'the source is the beginning of the target' : `they part at entry ${parted}`
      }`,
    )
  }
  const tree = new Tree()
  let batch: Sealed[] = []
  const write = async (): Promise<void> => {
    if (batch.length === 0) return
    const sealed = await to.append(batch.map(draftOf), { [wholeTrail]: batch[0]?.seq ?? 0 }).catch(error => {
      if (!(error instanceof CountersignError) || error.code !== 'store.conflict') throw error
      throw new InputError('not copied to its end: somebody else writes into the target', {
        hint: 'End that, and copy again: it goes on where it stopped.',
        cause: error,
      })
    })
    for (const [at, entry] of batch.entries()) {
      if (sealed[at]?.leafHash !== entry.leafHash)
        throw differ(`entry ${entry.seq} came out otherwise than it was: the source is not whole`)
    }
    batch = []
  }
  const compareBeginning = async (): Promise<void> => {
    if (tree.root() === already.root) return
    const parted = await partingOf(from, to, already.size)
    const where = parted === undefined ? '' : `: they part at entry ${parted}`
    throw differ(`the ${already.size} entries of the target are others than the first ones of the source${where}`)
  }
  let next = 0
  for await (const entry of from.read({ to: size })) {
    if (entry.seq !== next) throw differ(`the source lacks entry ${next}`)
    if (leafHash(entry.bytes) !== entry.leafHash)
      throw differ(`the source has another hash for entry ${next} than its bytes have`)
    next += 1
    if (entry.seq === already.size) await compareBeginning()
    tree.append(entry.leafHash)
    if (entry.seq >= already.size) batch.push(entry)
    if (batch.length === BATCH) await write()
    onProgress(entry.seq + 1, size)
  }
  if (size === already.size) await compareBeginning()
  await write()
  const { root, size: now } = await to.head()
  if (now !== size || root !== tree.root()) throw differ('the target does not have the root of the source')
  return { from: already.size, size, root }
}

/** The first entry in which two trails differ among the first `most`; nothing where they have the same ones. */
async function partingOf(one: Store, other: Store, most: number): Promise<number | undefined> {
  const others = other.read({ to: most })[Symbol.asyncIterator]()
  try {
    for await (const { seq, leafHash } of one.read({ to: most })) {
      const { value, done } = await others.next()
      if (done === true || value.leafHash !== leafHash) return seq
    }
    return undefined
  } finally {
    await others.return?.()
  }
}

function draftOf({ seq, bytes }: Sealed): Draft {
  const { seq: own, ...draft } = readEntry(bytes).body
  if (own !== seq) throw differ(`entry ${seq} says that it is entry ${own}`)
  return draft
}

const differ = (because: string): InputError =>
  new InputError(`not copied: ${because}`, { hint: 'verify-trail tells more of either.' })
