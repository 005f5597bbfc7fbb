import { access, constants, realpath, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { outsideOfTrail } from '@countersign/store-file'
import { type Checkpoint, CountersignError, Integrity, parseCheckpointText, parseNote } from '@countersign/trail'
import { readBlocks } from '../files/blocks.ts'
import { readCheckpoint, readKey } from '../files/supplied.ts'
import { putWhole, targetOf } from '../files/written-file.ts'
import type { Options } from '../shell/command.ts'
import { faultLines } from '../shell/fault.ts'
import { InputError } from '../shell/input-error.ts'
import { grouped } from '../shell/number.ts'
import { written } from '../shell/output.ts'
import { Progress } from '../shell/progress.ts'
import { misuse } from '../shell/run.ts'
import type { Shell } from '../shell/shell.ts'
import { shellWord } from '../shell/shell-word.ts'
import { terminalText } from '../shell/terminal-text.ts'
import { readSecretKey } from '../sign/secret-key.ts'
import { isSigned, type SignedTrail, signTrail } from '../sign/sign-trail.ts'
import { trailFile } from '../source/trail-file.ts'

/** Signs a checkpoint. It ends with 1 where the signer refuses the trail, so that a nightly run can tell that from misuse. */
export async function checkpoint([trail = '']: readonly string[], options: Options, shell: Shell): Promise<number> {
  const { secret, memory, out, first, 'hand-over': handOver } = options
  if (secret === undefined) throw misuse('countersign checkpoint', 'which key signs? Name its file with --secret')
  if (memory === undefined)
    throw misuse(
      'countersign checkpoint',
      'where does the signer remember what it has signed? Name a file with --memory',
    )
  try {
    const signer = await readSecretKey(await outsideOfTrail(secret, await trailFile(trail), 'the secret key'))
    const kept = out === undefined ? undefined : await replaceable(out, memory, signer.name, await trailFile(trail))
    const next = handOver === undefined ? {} : { handOver: await readKey(handOver) }
    const progress = new Progress(shell.stderr)
    const onProgress = (read: number, total: number) => progress.update(read, total)
    const signed = await signTrail({ trail, signer, memory, first: first ?? false, ...next, onProgress }).finally(() =>
      progress.done(),
    )
    // It is told of only when it is out: a disk may be full.
    const isThere = kept !== undefined && isSigned(kept.note, signer, signed.checkpoint)
    if (out === undefined) await written(shell.stdout, signed.note)
    else {
      const file = await stillReplaceable(out, kept, signed)
      // Witnesses may have cosigned it since.
      if (!isThere) await putWhole(file, signed.note)
    }
    shell.stderr.write(told(signed, out, isThere))
    return 0
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error
    const help = typeof error.facts.help === 'string' ? error.facts.help : helps[error.code]
    const known = new InputError(error.message, { ...(help === undefined ? {} : { hint: help }), cause: error })
    if (error.code !== 'signer.refused') throw known
    shell.stderr.write(faultLines('countersign', known, shell.env.COUNTERSIGN_DEBUG === '1'))
    return 1
  }
}

const helps: Partial<Record<CountersignError['code'], string>> = {
  'signer.refused':
    'Nothing was signed. Keep the trail as it is and verify it with the last checkpoint: verify-trail <trail> --checkpoint FILE --key FILE.',
  'signer.memory':
    'Nothing was signed. The memory is the last checkpoint that was given out: put that in its place, from whoever keeps it.',
  'signer.locked': 'Nothing was signed. Run it again when the other one is done.',
}

function told(
  { checkpoint: { origin, size }, isNamed }: SignedTrail,
  out: string | undefined,
  isThere: boolean,
): string {
  const where = out === undefined ? '' : ` in ${terminalText(out)}`
  const what = `the first ${grouped(size)} entries of ${terminalText(origin)}`
  const done = isThere
    ? `nothing is new: ${what} are signed${where} already, which stays as it is`
    : `signed ${what}${where}`
  const unnamed = isNamed
    ? ''
    : '  The trail names no key, so nobody can tell from it who signs. Two administrators name one at a desk (rotateKey).\n'
  return `countersign: ${done}. Give it to somebody else to keep.\n${unnamed}`
}

/**
 * Over an older checkpoint of this trail is written, and over nothing else: not the memory, a key, a trail, or a checkpoint
 * of which this trail is no continuation, as that is evidence. Gives the one that is there.
 */
async function replaceable(out: string, memory: string, origin: string, trail: string): Promise<Kept | undefined> {
  // Before anything is signed, as what keeps the note from being written is asked for before.
  await targetOf(out)
  const [one, other] = await Promise.all([out, memory].map(path => stat(path).catch(() => undefined)))
  const isOne =
    one === undefined || other === undefined
      ? (await placeOf(out)) === (await placeOf(memory))
      : one.dev === other.dev && one.ino === other.ino
  if (isOne)
    throw new InputError(`${out} is the memory of the signer, and a checkpoint is not written over it`, {
      hint: 'Name another file with --out.',
    })
  if (one === undefined) {
    // The signer remembers before it gives out, so what keeps the note from being written is looked for before.
    const folder = dirname(resolve(out))
    await access(folder, constants.W_OK).catch(cause => {
      throw new InputError(`${out} cannot be written: its folder is not there, or may not be written in`, {
        hint: 'Nothing was signed. Make the folder first, or name another file with --out.',
        cause,
      })
    })
    return undefined
  }
  const kept = await checkpointIn(out)
  if (kept.origin !== origin)
    throw new InputError(`${out} is a checkpoint of another trail, and is not written over`, {
      hint: 'Name another file with --out.',
    })
  const remembered = other === undefined ? undefined : await checkpointIn(memory).catch(() => undefined)
  // The signer asks as much of the trail by itself, and says more where it does not hold.
  if (remembered?.size === kept.size && remembered.root === kept.root) return kept
  const integrity = new Integrity({ sizes: [kept.size] })
  await readBlocks(trail, block => integrity.push(block))
  const report = integrity.finish()
  // A trail that is broken the signer refuses, too.
  if (report.found > 0 || report.roots.get(kept.size) === kept.root) return kept
  throw new InputError(
    report.size < kept.size
      ? `${out} is a checkpoint of ${kept.size} entries, the trail has ${report.size}, and it is not written over`
      : `${out} is a checkpoint of ${kept.size} entries that the trail does not begin with, and is not written over`,
    {
      hint: `It is evidence: nothing was signed. verify-trail ${shellWord(trail)} --checkpoint ${shellWord(out)} tells more.`,
    },
  )
}

/** Where a file is, or is going to be, whatever links lead to its folder. */
async function placeOf(path: string): Promise<string> {
  const folder = dirname(resolve(path))
  return join(await realpath(folder).catch(() => folder), basename(path))
}

/**
 * The file to write, unless it holds a larger checkpoint (what is handed over ends before what came later), or somebody has
 * put something else there while this one was signed.
 */
async function stillReplaceable(
  out: string,
  kept: Kept | undefined,
  { checkpoint: { size } }: SignedTrail,
): Promise<string> {
  const isThere = (await stat(out).catch(() => undefined)) !== undefined
  const note = isThere ? (await readCheckpoint(out).catch(() => undefined))?.note : undefined
  if (isThere !== (kept !== undefined) || note !== kept?.note)
    throw new InputError(`${out} has changed while the checkpoint was signed, and is not written over`, {
      hint: 'Run it again, or name another file with --out: the same is signed again.',
    })
  if (kept === undefined || kept.size <= size) return out
  throw new InputError(`${out} is a checkpoint of ${kept.size} entries, and is not written over by one of ${size}`, {
    hint: 'Name another file with --out: the same is signed again.',
  })
}

/** A checkpoint in a file, and the note as it lies there. */
interface Kept extends Checkpoint {
  readonly note: string
}

async function checkpointIn(file: string): Promise<Kept> {
  const { note } = await readCheckpoint(file)
  return { ...parseCheckpointText(parseNote(note).text), note }
}
