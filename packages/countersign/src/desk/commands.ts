import { requireOptions } from '@countersign/trail/store'
import type * as z from 'zod'
import { type command as anyCommand, commandTypes } from '../record/record.ts'
import type { Receipt, ReceiptOf } from './receipt.ts'

type Input = z.input<typeof anyCommand>
type WithoutType<One> = One extends unknown ? Omit<One, 'type'> : never
/** A desk that can work out what a schedule comes to needs no intervals. */
type Declared<One> = One extends { intervals: unknown } ? Omit<One, 'intervals'> & Partial<Pick<One, 'intervals'>> : One

/** A typed method for each command: `desk.by('bob').approve({ change, revision, digest })`. */
export type Commands = {
  readonly [Type in Input['type']]: (
    command: Declared<WithoutType<Extract<Input, { type: Type }>>>,
    options?: {
      /** The idempotency key: 8 to 64 letters (A–Z, a–z), digits, `_` and `-`. One is drawn where none is given. */
      readonly id?: string
    },
  ) => Promise<ReceiptOf<Type>>
}

/** A command with its type; as it is where a member of it throws, for it to be refused as one that cannot be read. */
function typed(input: object, type: string): object {
  try {
    return { ...input, type }
  } catch {
    return input
  }
}

/** A method for each type of command, which hands it in for an account. */
export function commandsOf(account: string, execute: (envelope: unknown) => Promise<Receipt>): Commands {
  const method =
    (type: string) =>
    async (input: object, given: { id?: string } = {}) => {
      requireOptions(type, given, ['id'])
      const id = given.id === undefined ? {} : { id: given.id }
      return execute({ account, ...id, command: typed(input, type) })
    }
  return Object.fromEntries(commandTypes.map(type => [type, method(type)])) as unknown as Commands
}
