import { CountersignError } from '@countersign/trail'
import { requireOptions } from '@countersign/trail/store'
import { type Command, changeStream, isGovernance } from '../record/record.ts'
import { hangsOnTeam } from '../record/world.ts'
import { commandId } from '../values/identifier.ts'
import { safeParse } from '../values/safe-parse.ts'
import { carryOut, type Services } from './carry-out.ts'
import { instantGiven } from './clock.ts'
import type { Asked } from './command-writer.ts'
import { idOf, parseEnvelope } from './envelope.ts'
import { HostTransactions, type Within } from './host-transaction.ts'
import { NamedQueues } from './named-queues.ts'
import { type Receipt, refusedReceipt } from './receipt.ts'
import type { Schedules } from './schedules.ts'

/** How a command is carried out, where that is not as usual. */
export interface ExecuteOptions {
  /**
   * Decides and writes within a transaction of the host's own: `store.join(connection)`. Another command within it is
   * decided on what the first has come to; the desk itself knows of both once the host has committed and the store has them,
   * and not before. Until then whatever else is appended waits. What opens a value that was redacted within it is deleted by
   * the next `catchUp` after that.
   */
  readonly within?: Within
}

/** What it takes to make a command of what comes from outside. */
interface Intake {
  readonly newId: () => string
  readonly schedules: Schedules | undefined
}

/** Takes in commands as they come from outside, and has each carried out when it is its turn. */
export class CommandQueue {
  readonly #services: Services
  readonly #intake: Intake
  readonly #transactions: HostTransactions
  readonly #queues = new NamedQueues()

  constructor(services: Services, intake: Intake) {
    this.#services = services
    this.#intake = intake
    this.#transactions = new HostTransactions(services)
  }

  async execute(unknown: unknown, options: { readonly at?: Date } & ExecuteOptions = {}): Promise<Receipt> {
    requireOptions('execute', options, ['at', 'within'])
    const { at, within } = options
    const given = at === undefined ? undefined : instantGiven(at)
    if (within !== undefined) this.#requireTransaction(within)
    const { newId, schedules } = this.#intake
    const parsed = parseEnvelope(unknown, schedules)
    if ('refused' in parsed) return refusedReceipt(idOf(unknown) ?? freshId(newId), parsed.refused)
    const { account, command } = parsed
    const id = parsed.id ?? freshId(newId)
    return this.#carryOut({ id, account, command, given, made: new Map(), kept: new Set() }, within)
  }

  #requireTransaction(within: Within): void {
    if (typeof within?.append !== 'function' || typeof within.read !== 'function')
      throw new CountersignError('input', '`within` is what `store.join(connection)` gives')
    if (within === this.#services.store)
      throw new CountersignError(
        'input',
        '`within` is the store itself, and no transaction: give `store.join(connection)`',
      )
  }

  async #carryOut(asked: Asked, within: Within | undefined): Promise<Receipt> {
    const { projection, writer } = this.#services
    try {
      const receipt = await (within === undefined
        ? projection.afresh(() => this.#inTurn(asked))
        : this.#transactions.carryOut(within, asked))
      if (redacts(asked.command)) await projection.dispose()
      return receipt
    } finally {
      await writer.letGo(asked.kept)
    }
  }

  #inTurn(asked: Asked): Promise<Receipt> {
    const { command } = asked
    const work = () => carryOut(this.#services, asked)
    // What takes a place on a board, or somebody's time, is decided alone, or others would get in between over and over.
    if (isGovernance(command) || hangsOnTeam(this.#services.projection.state, command)) return this.#queues.alone(work)
    // What is decided on a parent meanwhile would not have read its child.
    const parent = command.type === 'submit' && command.parent !== undefined ? [changeStream(command.parent)] : []
    return this.#queues.on([changeStream(command.change), ...parent], work)
  }
}

/** Whether a command takes something out of reach, which is then to be deleted. */
const redacts = ({ type }: Command): boolean => type === 'redact' || type === 'erasePerson'

/** A new id for a command. Throws `input` where the host makes one that no entry could have: it would spoil the trail for good. */
function freshId(newId: () => string): string {
  const id: unknown = newId()
  if (safeParse(commandId, id).success) return id as string
  throw new CountersignError('input', '`newId` gave no id of a command: 8 to 64 letters, digits, _ and -', {
    facts: {
      expected: '8 to 64 letters, digits, _ and -',
      found: typeof id === 'string' ? id.slice(0, 80) : typeof id,
    },
  })
}
