import { parseJson, type SignerKey } from '@countersign/trail'
import type { KeptHead, Sealed } from '@countersign/trail/store'
import type { FindingCode, VerifyOptions } from 'countersign/verify'
import { bodiesOf, fileOf, type Lines, type LooseBody, renumber, reseal } from '../tamper.ts'

/** A trail in which nothing is wrong, and what else there is of it. */
export interface Sound {
  readonly lines: Lines
  /** The key that its founding names, with the secret. */
  readonly signer: SignerKey
  /** Its state, as a desk tells it. */
  readonly snapshot?: NonNullable<VerifyOptions['snapshot']>
  /** What opens its private values. */
  readonly openings?: NonNullable<VerifyOptions['openings']>
  /** The files of a folder to which it was published, by their paths. */
  readonly files?: ReadonlyMap<string, Uint8Array>
}

/** What lies in the tables of a database: the entries with what it keeps beside each, and the head. */
export interface Tables {
  readonly entries: readonly Sealed[]
  readonly head: KeptHead
}

/** What a fault has made of it: a trail file, a folder, a database, or a bundle, and what the auditor has besides. */
export interface Tampered {
  readonly file?: Uint8Array
  readonly files?: ReadonlyMap<string, Uint8Array>
  readonly tables?: Tables
  readonly bundle?: Uint8Array
  readonly options?: VerifyOptions
}

/** Something that can be done to a trail, by accident or by somebody, and what the verifier says of it. */
export interface Fault {
  readonly name: string
  readonly code: FindingCode
  /** The exit status of `verify-trail`. */
  readonly exit: 1 | 3 | 4
  /** Makes it from a sound trail; `undefined` where that trail has nothing to which it could be done. */
  readonly make: (sound: Sound) => Tampered | undefined
}

export const fault = (name: string, code: FindingCode, exit: Fault['exit'], make: Fault['make']): Fault => ({
  name,
  code,
  exit,
  make,
})

/** The trail with its bodies changed, numbered as their places ask for, and sealed anew: every hash is right. */
export const rewritten =
  (change: (bodies: LooseBody[]) => readonly LooseBody[] | undefined): Fault['make'] =>
  ({ lines }) => {
    const bodies = change(bodiesOf(lines))
    return bodies === undefined ? undefined : { file: fileOf(reseal(renumber(bodies))) }
  }

/** The same, with one body changed and nothing numbered anew. */
export const edited =
  (
    which: (body: LooseBody, index: number, all: readonly LooseBody[]) => boolean,
    edit: (body: LooseBody, all: readonly LooseBody[]) => void,
  ): Fault['make'] =>
  ({ lines }) => {
    const bodies = bodiesOf(lines)
    const body = bodies.find(which)
    if (body === undefined) return undefined
    edit(body, bodies)
    return { file: fileOf(reseal(bodies)) }
  }

/** A copy that may be changed. What a trail holds survives JSON unchanged. */
export const copied = <Of>(value: Of): Of => parseJson(JSON.stringify(value)) as Of

type Loose = { [member: string]: unknown }

export const commandOf = ({ command }: LooseBody): Loose & { type: string } => command as Loose & { type: string }
export const actorOf = ({ by }: LooseBody): Loose & { account: string } => by as Loose & { account: string }

/** The events of a body that was accepted; none where it was refused. */
export const eventsOf = ({ outcome }: LooseBody): (Loose & { type: string })[] =>
  (outcome as { accepted?: (Loose & { type: string })[] }).accepted ?? []

export const eventIn = (body: LooseBody, type: string): (Loose & { type: string }) | undefined =>
  eventsOf(body).find(event => event.type === type)

/** Whether a body is an accepted command of a type. */
export const did =
  (type: string) =>
  (body: LooseBody): boolean =>
    commandOf(body).type === type && eventsOf(body).length > 0

/** The latest instant of some bodies. */
export const lastOf = (bodies: readonly LooseBody[]): string =>
  bodies
    .map(({ at }) => at)
    .toSorted()
    .at(-1) ?? ''
