import type { Refusal, RefusalFacts } from './facts.ts'
import type { RefusalCode } from './refusal-code.ts'
import { type Description, type Sentences, shown, whole } from './sentence.ts'
import { ofBoard } from './sentences/board.ts'
import { ofChange } from './sentences/change.ts'
import { ofName } from './sentences/name.ts'
import { ofPerson } from './sentences/person.ts'
import { ofRules } from './sentences/rules.ts'
import { ofTime } from './sentences/time.ts'

const sentences: Sentences = {
  ...ofPerson,
  ...ofChange,
  ...ofTime,
  ...ofBoard,
  ...ofRules,
  ...ofName,
  'directory.difference': f => ({
    because: `difference ${shown(f.index)} (${shown(f.command)}) is refused: ${whyOf(f.refusal)}`,
    help: 'Nothing of this batch was recorded; mend the difference and hand the batch in again.',
  }),
}

const tell = <Code extends RefusalCode>({ code, facts }: Refusal<Code>): Description => sentences[code](facts)

/** A refusal as it may have been recorded, by anybody: one whose code is known, with facts; or `undefined`. */
function known(refusal: Refusal): Refusal | undefined {
  const { code, facts } = whole<Refusal>(refusal)
  if (typeof code !== 'string' || !Object.hasOwn(sentences, code)) return undefined
  return { code, facts: whole(facts) } as Refusal
}

/** Why a difference of a batch is refused. */
function whyOf(refusal: Refusal): string {
  const told = known(refusal)
  return told === undefined ? shown(whole<Refusal>(refusal).code ?? '') : tell(told).because
}

/** A refusal by a code that is not in the list, as one of a later version. */
function untold(refusal: Refusal): Description {
  const { code } = whole<Refusal>(refusal)
  const because =
    code === undefined
      ? 'it is refused, and no code says why'
      : `it is refused as ${shown(code)}, a code that is not known here`
  return { because, help: 'A newer version of the library may tell more.' }
}

const goesOn = 'Otherwise it goes on under the policy that it has, or is cancelled and submitted anew.'
const mendedHere = () => `What the form of its own policy has as well can be mended by an edit (revise). ${goesOn}`

/** What helps where a change is moved to another policy: until then it has the form and the categories of its own one. */
const helpToMigrate: { readonly [Code in RefusalCode]?: (facts: RefusalFacts[Code]) => string } = {
  'policy.no-category': f =>
    `Make it one of these first, where its own policy has one (recategorise): ${shown(f.known)}. ${goesOn}`,
  'policy.unknown-field': mendedHere,
  'form.invalid': mendedHere,
}

/** What helps where a change is to become one of another category: it takes no template on its way. */
const helpToRecategorise: typeof helpToMigrate = {
  'template.needed': f =>
    `No change becomes a standard one afterwards: submit it anew as ${shown(f.category)}, with a template and its version, and cancel this one; or let it be of a category that follows none, such as ${shown(f.otherwise)}.`,
}

const helpTo = new Map([
  ['migrate', helpToMigrate],
  ['recategorise', helpToRecategorise],
])

const helpWith = <Code extends RefusalCode>(command: string, { code, facts }: Refusal<Code>): string | undefined =>
  helpTo.get(command)?.[code]?.(facts)

/**
 * Tells a refusal to a person; what helps may hang on what was asked for, by the type of the `command`. The sentence is
 * made here and nowhere else, and is not recorded. A code that is not in the list, as one of a later version, is told as it
 * stands, and it never throws.
 *
 * @example
 * ```ts
 * import { describeRefusal } from 'countersign'
 * const refusal = { code: 'identity.unknown-account' as const, facts: { account: 'jo', near: '' } }
 * describeRefusal(refusal).because // → 'nobody is known by the account jo'
 * ```
 */
export function describeRefusal(refusal: Refusal, command?: string): Description {
  const asked = known(refusal)
  if (asked === undefined) return untold(refusal)
  const told = tell(asked)
  const help = command === undefined ? undefined : helpWith(command, asked)
  return help === undefined ? told : { ...told, help }
}
