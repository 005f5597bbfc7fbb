import { stat } from 'node:fs/promises'
import { outsideOfTrail } from '@countersign/store-file'
import { CountersignError, parseCheckpointText, parseNote } from '@countersign/trail'
import type { Options } from '../commands.ts'
import { faultLines } from '../fault.ts'
import { InputError } from '../input-error.ts'
import { Progress } from '../progress.ts'
import { misuse } from '../run.ts'
import { readSecretKey } from '../secret-key.ts'
import type { Shell } from '../shell.ts'
import { type SignedTrail, signTrail } from '../sign-trail.ts'
import { readCheckpoint, readKey } from '../supplied.ts'
import { terminalText } from '../terminal-text.ts'
import { trailFile } from '../trail-file.ts'
import { putWhole } from '../written-file.ts'

/** Signs a checkpoint. It ends with 1 where the signer refuses the trail, so that a nightly run can tell that from misuse. */
export async function checkpoint([trail = '']: readonly string[], options: Options, shell: Shell): Promise<number> {
  const { secret, memory, out, first, 'hand-over': handOver } = options
  if (secret === undefined) throw misuse('countersign', 'which key signs? Name its file with --secret')
  if (memory === undefined)
    throw misuse('countersign', 'where does the signer remember what it has signed? Name a file with --memory')
  try {
    const signer = await readSecretKey(await outsideOfTrail(secret, await trailFile(trail), 'the secret key'))
    if (out !== undefined) await requireReplaceable(out, memory, signer.name)
    const next = handOver === undefined ? {} : { handOver: await readKey(handOver) }
    const progress = new Progress(shell.stderr)
    const onProgress = (read: number, total: number) => progress.update(read, total)
    const signed = await signTrail({ trail, signer, memory, first: first ?? false, ...next, onProgress }).finally(() =>
      progress.done(),
    )
    if (out === undefined) shell.stdout.write(signed.note)
    else await putWhole(out, signed.note)
    shell.stderr.write(told(signed, out))
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

function told({ checkpoint: { origin, size }, isNamed }: SignedTrail, out: string | undefined): string {
  const where = out === undefined ? '' : ` in ${out}`
  const unnamed = isNamed
    ? ''
    : '  The trail names no key, so nobody can tell from it who signs: name one with the command rotateKey.\n'
  return `countersign: signed the first ${size.toLocaleString('en')} entries of ${terminalText(origin)}${where}. Give it to somebody else to keep.\n${unnamed}`
}

/** Over an older checkpoint of this trail is written, and over nothing else: not the memory, a key, or a trail. */
async function requireReplaceable(out: string, memory: string, origin: string): Promise<void> {
  const [one, other] = await Promise.all([out, memory].map(path => stat(path).catch(() => undefined)))
  if (one === undefined) return
  if (other !== undefined && one.dev === other.dev && one.ino === other.ino)
    throw new InputError(`${out} is the memory of the signer, and a checkpoint is not written over it`)
  const { note } = await readCheckpoint(out)
  if (parseCheckpointText(parseNote(note).text).origin !== origin)
    throw new InputError(`${out} is a checkpoint of another trail, and is not written over`)
}
