import { stat } from 'node:fs/promises'
import {
  CountersignError,
  evaluateWitnesses,
  type Hash,
  Integrity,
  leafHash,
  MAX_SIGNATURES,
  parseCheckpointText,
  parseNote,
  readEntry,
  rootOf,
} from '@countersign/trail'
import { readCheckpoint, readWitnessPolicy } from '../files/supplied.ts'
import { createNew, putWhole, requireNew } from '../files/written-file.ts'
import { timeOf, witnessLines } from '../pages/witness-words.ts'
import type { Options } from '../shell/command.ts'
import { InputError } from '../shell/input-error.ts'
import { endWith, misuse } from '../shell/run.ts'
import type { Shell } from '../shell/shell.ts'
import { shellWord } from '../shell/shell-word.ts'
import { terminalText } from '../shell/terminal-text.ts'
import { askWitness, earliestAfter, NeverCosigned, UntimelyAnswer } from '../sign/witness-client.ts'
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
  const { leaves, lastAt } = await treeOf(trail, checkpoint, note)
  const now = Math.floor(Date.now() / 1000)
  const silent: string[] = []
  let asks = 0
  let isUntimely = false
  const never: NeverCosigned[] = []
  for (const { name, status, time } of evaluateWitnesses(policy, note, now).witnesses) {
    const witness = policy.witnesses.find(one => one.name === name)
    if (status === 'cosigned' && time !== undefined && lastAt !== undefined && time < earliestAfter(lastAt)) {
      isUntimely = true
      silent.push(tooEarly(name, time, lastAt, checkpoint))
    }
    // The earliest cosignature says the most, so nobody is asked twice.
    if (status !== 'missing' || witness === undefined) continue
    if (witness.url === undefined || !/^https?:\/\//i.test(witness.url)) {
      const because =
        witness.url === undefined ? `${file} has no address of it` : `${witness.url} is no http(s) address`
      silent.push(`${name} was not asked: ${because}`)
      continue
    }
    const full = withoutRoom(note)
    if (full !== undefined) {
      silent.push(`${name} was not asked: ${checkpoint} ${full}`)
      continue
    }
    asks += 1
    try {
      note = await askWitness(note, leaves, { url: witness.url, key: witness.key, lastAt })
    } catch (error) {
      if (error instanceof NeverCosigned) never.push(error)
      silent.push(`${name} at ${witness.url} has not cosigned: ${becauseOf(error, lastAt)}`)
    }
  }
  const into = await written(out, note, isInPlace ? given.note : undefined)
  for (const line of silent) shell.stderr.write(`countersign: ${terminalText(line)}\n`)
  const toDo = adviceOn(never, checkpoint, trail)
  if (toDo !== undefined) shell.stderr.write(`countersign: ${terminalText(toDo)}\n`)
  const evaluation = evaluateWitnesses(policy, note, Math.floor(Date.now() / 1000))
  const code = endWith(shell, `${witnessLines(evaluation).join('\n')}\n`, evaluation.satisfied && !isUntimely ? 0 : 2)
  if (into !== out)
    throw new InputError(`${out} has changed while the witnesses were asked, and is not written over`, {
      hint: `What was cosigned is in ${into}.`,
    })
  if (isUntimely)
    throw new InputError(`a cosignature in ${checkpoint} contradicts the trail`, {
      hint: 'Take its line out of the checkpoint, or go back to the checkpoint as the log has signed it, and ask again.',
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

/** Why a witness has not cosigned, in words. */
function becauseOf(error: unknown, lastAt: string | undefined): string {
  if (!(error instanceof UntimelyAnswer)) return (error as Error).message
  const said = `it says that it saw the checkpoint at ${timeOf(error.time)}`
  if (!error.isEarly || lastAt === undefined) return `${said}, which is yet to come, so it is not taken`
  return `${said}, ${longBefore(lastAt)}, so it is not taken: one of the two clocks is wrong`
}

const longBefore = (lastAt: string): string =>
  `more than five minutes before the last entry in it was written (${timeOf(Date.parse(lastAt) / 1000)})`

/** What a note says that was cosigned at a time which is held against its trail. */
const tooEarly = (name: string, time: number, lastAt: string, checkpoint: string): string =>
  `${name} says in ${checkpoint} that it saw it at ${timeOf(time)}, ${longBefore(lastAt)}: one of the two clocks is wrong, and verify-trail finds entry.post-dated as long as that line is there`

/** Why a note takes no cosignature more, and whose lines are in the way; nothing where it does. */
function withoutRoom(note: string): string | undefined {
  const { signatures } = parseNote(note)
  if (signatures.length < MAX_SIGNATURES) return undefined
  const lines = new Map<string, number>()
  for (const { name, keyId } of signatures) lines.set(`${name}+${keyId}`, (lines.get(`${name}+${keyId}`) ?? 0) + 1)
  const [most = '', count = 0] = [...lines].toSorted(([, one], [, other]) => other - one)[0] ?? []
  const whose = count === 1 ? 'each by another key' : `${count} of them by ${most}`
  return `has ${signatures.length} signature lines, ${whose}, and a note has room for no more`
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

/**
 * The leaves that the checkpoint is of, and the latest date of an entry among them. Throws `InputError` where the trail is not the
 * one that it was made of.
 */
async function treeOf(
  trail: string,
  file: string,
  note: string,
): Promise<{ readonly leaves: readonly Hash[]; readonly lastAt: string | undefined }> {
  const { size, root } = parseCheckpointText(parseNote(note).text)
  const leaves: Hash[] = []
  let lastAt: string | undefined
  await readLines(trail, ({ seq, bytes }) => {
    if (seq >= size) return
    leaves.push(leafHash(bytes))
    const at = dateOf(bytes)
    if (at !== undefined && at > (lastAt ?? '')) lastAt = at
  })
  const found = leaves.length < size ? `only ${leaves.length} entries` : rootOf(leaves)
  if (found === root) return { leaves, lastAt }
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

/** When an entry says that it was written; nothing where it cannot be read. */
function dateOf(bytes: Uint8Array): string | undefined {
  try {
    return readEntry(bytes).body.at
  } catch (error) {
    if (error instanceof CountersignError) return undefined
    throw error
  }
}
