import { fileOf } from '../tamper.ts'
import { type Fault, fault, type Sound } from './fault.ts'

type Openings = NonNullable<Sound['openings']>

/** What is done to what opens private values. */
const opened =
  (change: (openings: Openings, sound: Sound) => Openings | undefined): Fault['make'] =>
  sound => {
    const openings = sound.openings === undefined ? undefined : change(sound.openings, sound)
    return openings === undefined ? undefined : { file: fileOf(sound.lines), options: { openings } }
  }

type Opened = Openings['opened'] extends ReadonlyMap<infer Commitment, infer Places> ? [Commitment, Places] : never

const first = ({ opened: all }: Openings): Opened | undefined => [...all][0]
const without = ({ opened: all }: Openings, commitment: string) =>
  new Map([...all].filter(([one]) => one !== commitment))

const lose = opened(openings => {
  const [lost] = first(openings) ?? []
  return lost === undefined ? undefined : { ...openings, opened: without(openings, lost) }
})
const exchange = opened(openings => {
  const [changed] = first(openings) ?? []
  if (changed === undefined) return undefined
  return { ...openings, opened: without(openings, changed), mismatched: new Set([changed]) }
})
/** What was the value of one field is shown as that of another one. */
const mislabel = opened(openings => {
  const [moved, [place] = []] = first(openings) ?? []
  if (moved === undefined || place === undefined) return undefined
  return { ...openings, opened: new Map([...openings.opened, [moved, [{ ...place, field: `${place.field}2` }]]]) }
})
const putBack = opened((openings, { lines }) => {
  const redacted = /"commitments":\["([0-9a-f]{64})"/
  for (const line of lines) {
    const [, commitment] = redacted.exec(String.fromCharCode(...line)) ?? []
    if (commitment !== undefined) return { ...openings, opened: new Map([...openings.opened, [commitment, []]]) }
  }
  return undefined
})
const tear = opened(openings => ({ ...openings, torn: 40 }))
const scribble = opened(openings => ({ ...openings, unreadable: 1 }))

export const openingFaults: readonly Fault[] = [
  fault('a private value is taken away, and no entry says so', 'opening.missing', 1, lose),
  fault('a private value is exchanged for another one', 'opening.mismatch', 1, exchange),
  fault('a private value is shown as that of another field', 'opening.misplaced', 1, mislabel),
  fault('what was redacted is put back', 'opening.unexpected', 1, putBack),
  fault('something else is written among the openings', 'opening.unreadable', 1, scribble),
  fault('the writing of an opening is torn by a crash', 'opening.torn', 4, tear),
]
