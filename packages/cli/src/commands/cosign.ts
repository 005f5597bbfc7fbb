import { stat } from 'node:fs/promises'
import {
  evaluateWitnesses,
  type Hash,
  Integrity,
  leafHash,
  parseCheckpointText,
  parseNote,
  rootOf,
} from '@countersign/trail'
import { readCheckpoint, readWitnessPolicy } from '../files/supplied.ts'
import { createNew, putWhole, requireNew } from '../files/written-file.ts'
import { witnessLines } from '../pages/witness-words.ts'
import type { Options } from '../shell/command.ts'
import { InputError } from '../shell/input-error.ts'
import { endWith, misuse } from '../shell/run.ts'
import type { Shell } from '../shell/shell.ts'
import { shellWord } from '../shell/shell-word.ts'
import { terminalText } from '../shell/terminal-text.ts'
import { askWitness, NeverCosigned } from '../sign/witness-client.ts'
import { toldAs } from '../source/store-address.ts'
import { readLines } from '../source/trail-reader.ts'

const NEWLINE = Uint8Array.of(0x0a)

/** Asks the witnesses of a policy to cosign a checkpoint, and writes the note with what they have signed. */
export async function cosign(
  [checkpoint = '', trail = '']: readonly string[],
  asked: Options,
  shell: Shell,
): Promise<number> {
  const file = asked['witness-policy']
  if (file === undefined)
    throw misuse('countersign cosign', 'cosign needs --witness-policy: whom to ask, and by which keys')
  const policy = await readWitnessPolicy(file)
  const given = await readCheckpoint(checkpoint)
  const { out = checkpoint } = asked
  const isInPlace = await isSameFile(out, checkpoint)
  if (!isInPlace) await requireFree(out)
  let { note } = given
  const leaves = await leavesOf(trail, checkpoint, note)
  const now = Math.floor(Date.now() / 1000)
  const silent: string[] = []
  let asks = 0
  const never: NeverCosigned[] = []
  for (const { name, status } of evaluateWitnesses(policy, note, now).witnesses) {
    const witness = policy.witnesses.find(one => one.name === name)
    // The earliest cosignature says the most, so nobody is asked twice.
    if (status !== 'missing' || witness === undefined) continue
    if (witness.url === undefined || !/^https?:\/\//i.test(witness.url)) {
      const because =
        witness.url === undefined ? `${file} has no address of it` : `${witness.url} is no http(s) address`
      silent.push(`${name} was not asked: ${because}`)
      continue
    }
    asks += 1
    try {
      note = await askWitness(note, leaves, { url: witness.url, key: witness.key })
    } catch (error) {
      if (error instanceof NeverCosigned) never.push(error)
      silent.push(`${name} at ${witness.url} has not cosigned: ${(error as Error).message}`)
    }
  }
  const into = await written(out, note, isInPlace ? given.note : undefined)
  for (const line of silent) shell.stderr.write(`countersign: ${terminalText(line)}\n`)
  const toDo = adviceOn(never, checkpoint, trail)
  if (toDo !== undefined) shell.stderr.write(`countersign: ${terminalText(toDo)}\n`)
  const evaluation = evaluateWitnesses(policy, note, Math.floor(Date.now() / 1000))
  const code = endWith(shell, `${witnessLines(evaluation).join('\n')}\n`, evaluation.satisfied ? 0 : 2)
  if (into !== out)
    throw new InputError(`${out} has changed while the witnesses were asked, and is not written over`, {
      hint: `What was cosigned is in ${into}.`,
    })
  if (evaluation.satisfied) return code
  throw new InputError(`the checkpoint has not the witnesses that ${file} asks for`, {
    hint:
      asks === 0
        ? 'Nobody was asked. Write the address of a witness that is missing into the policy, behind its key.'
        : never.length === asks
          ? 'What has been cosigned is kept. Do not ask again for this checkpoint: nobody who was asked will cosign it.'
          : 'What has been cosigned is kept. Ask again later; nobody who has cosigned is asked twice.',
  })
}

/** What to do about witnesses that will never cosign a checkpoint; nothing where there is none. */
function adviceOn(never: readonly NeverCosigned[], checkpoint: string, trail: string): string | undefined {
  if (never.length === 0) return undefined
  const proof = `verify-trail ${shellWord(toldAs(trail))} --checkpoint ${shellWord(checkpoint)} --checkpoint THEIRS --key VKEY --fork-proof FILE`
  if (never.some(one => one.isFork))
    return `Two histories were signed by the key of this trail, unless that witness is wrong. Sign nothing more, and ask the witness for the checkpoint that it has cosigned: countersign witness keeps both notes of one size in a file ….fork of its --state folder, and the last one that it cosigned beside it. This writes the proof for others: ${proof}`
  return `Have the newest checkpoint of the trail cosigned in the place of this one. If the trail has no more entries than this, entries were lost or another history was signed: ask for the larger checkpoint, and hold it against the trail: ${proof}`
}

/**
 * Writes the note, over the one that stood there `before` or as a new file, and gives where. Where somebody has put something else
 * there meanwhile, what witnesses have signed is kept beside it, under the first name that is free.
 */
async function written(file: string, note: string, before: string | undefined): Promise<string> {
  if (note === before) return file
  const now = before === undefined ? undefined : await readCheckpoint(file).catch(() => undefined)
  if (before !== undefined && now?.note === before) {
    await putWhole(file, note, 0o644)
    return file
  }
  const { size } = parseCheckpointText(parseNote(note).text)
  const beside = Array.from({ length: 100 }, (_, at) => `${file}.${size}${at === 0 ? '' : `.${at + 1}`}.cosigned`)
  for (const path of before === undefined ? [file, ...beside] : beside) {
    if (await stat(path).catch(() => undefined)) continue
    await createNew(path, note, 0o644)
    return path
  }
  throw new InputError(`${file} has changed while the witnesses were asked, and so has each place beside it`, {
    hint: `Move away what ends in .cosigned, and ask again.`,
  })
}

async function isSameFile(one: string, other: string): Promise<boolean> {
  const [first, second] = await Promise.all([one, other].map(path => stat(path).catch(() => undefined)))
  return first !== undefined && first.dev === second?.dev && first.ino === second.ino
}

/** Before anybody is asked: what witnesses have signed is not to be lost over the name of a file. */
async function requireFree(out: string): Promise<void> {
  await requireNew(out).catch(cause => {
    throw new InputError(`${out} is there already, and is not written over`, {
      hint: `Name a file that is not there yet. To ask who is missing in a checkpoint that was cosigned: countersign cosign ${shellWord(out)} <trail>.`,
      cause,
    })
  })
}

/** The leaves that the checkpoint is of. Throws `InputError` where the trail is not the one that it was made of. */
async function leavesOf(trail: string, file: string, note: string): Promise<readonly Hash[]> {
  const { size, root } = parseCheckpointText(parseNote(note).text)
  const leaves: Hash[] = []
  await readLines(trail, ({ seq, bytes }) => {
    if (seq < size) leaves.push(leafHash(bytes))
  })
  const found = leaves.length < size ? `only ${leaves.length} entries` : rootOf(leaves)
  if (found === root) return leaves
  const integrity = new Integrity()
  await readLines(trail, ({ bytes }) => {
    integrity.push(bytes)
    integrity.push(NEWLINE)
  })
  const [broken] = integrity.finish().findings
  throw new InputError(
    broken === undefined
      ? `${file} is no checkpoint of ${toldAs(trail)}: expected ${root} over ${size} entries, found ${found}`
      : `${toldAs(trail)} is damaged at entry ${broken.seq} (${broken.code}), and ${file} is no checkpoint of it as it is`,
    { hint: `verify-trail ${shellWord(toldAs(trail))} --checkpoint ${shellWord(file)} tells more.` },
  )
}
