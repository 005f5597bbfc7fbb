import type { RefusalFacts } from '../facts.ts'
import { list, problems, type SentencesOf, short, shown } from '../sentence.ts'

const unusable = ({ why, category }: RefusalFacts['template.unusable']): string =>
  why === 'none'
    ? `${shown(category)} follows no template`
    : why === 'other category'
      ? `it is one of ${shown(category)}`
      : shown(why)

/** What the rules say about it. */
export const ofRules: SentencesOf<'policy' | 'proposal' | 'migration' | 'form' | 'template'> = {
  'policy.none': f => ({
    because: `the team ${shown(f.team)} has no policy in force${shown(f.near ?? '')}`,
    help: 'Propose a policy, and have an administrator adopt it.',
  }),
  'policy.outdated': f => ({
    because: `the policy of ${shown(f.team)} was adopted under controls (${shown(f.controls)}) that are no longer in force`,
    help: 'Propose the policy again under the controls in force; what was submitted before goes on under the old one.',
  }),
  'policy.no-category': f => ({
    because: `the policy of ${shown(f.team)} has no category ${shown(f.category)}${shown(f.near ?? '')}`,
    help: `Choose one of these: ${shown(f.known)}.`,
  }),
  'policy.no-rule': f => ({
    because: `no approval rule applies to this form before ${f.before === null ? 'the end' : shown(f.before)}${list(f.stages).length === 0 ? ', as no approval stands before it' : ` (of ${shown(f.stages)})`}, and no rule means no`,
    help: 'The policy needs a rule for this case; `approvals(0)` says aloud that nothing is asked.',
  }),
  'policy.unknown-field': f => ({
    because: `the policy decides ${shown(f.stage)} by a field that is not filled in: ${shown(f.condition)}`,
    help: 'Fill in the field.',
  }),
  'policy.invalid': f => ({
    because: `the policy cannot be adopted: ${problems(f.problems)}`,
    help: 'Mend these places and propose it again.',
  }),
  'proposal.overtaken': f => ({
    because: `it was proposed in the place of ${f.over === null ? 'nothing' : short(f.over)}, and ${f.inForce === null ? 'nothing' : short(f.inForce)} is in force now`,
    help: 'Propose it again: somebody says now that it is to replace what is in force, and somebody else adopts it.',
  }),
  'migration.not-in-force': f => ({
    because: `a change is moved to the policy in force (${short(f.inForce)}), and this names ${short(f.named)}`,
    help: 'Name the digest of the policy that is in force for the team.',
  }),
  'migration.unmapped': f => ({
    because: `the change waits, was given something or owes something at ${shown(f.unmapped)}, which the policy in force does not have as it was, or asks of nobody`,
    help: `Say in \`stages\` what each is called there: ${shown(f.known)}. What was given or is owed goes to a stage of its own kind alone.`,
  }),
  'migration.misplaced': f => ({
    because:
      f.past === undefined
        ? `what was given at ${shown(f.stage)} stays there, as the policy in force has that stage still, and this moves it to ${shown(f.onto)}`
        : `what was given at ${shown(f.stage)}, before ${shown(f.past)}, would count at ${shown(f.onto)}, which comes after it`,
    help: 'Leave it out of `stages`, or name the stage that stands where this one stood; what comes later is given anew.',
  }),
  'form.invalid': f => ({
    because: `the form is not filled in right: ${problems(f.problems)}`,
    help: 'Mend these fields and submit it again.',
  }),
  'template.needed': f => ({
    because: `${shown(f.category)} is for standard changes, which follow an approved template`,
    help: `Name a template and its version, or submit it as ${shown(f.otherwise)}.`,
  }),
  'template.unusable': f => ({
    because: `the template ${shown(f.template)}, version ${shown(f.version)}, cannot be used: ${unusable(f)}`,
    help: 'Use the version that is in force, or submit a change of another category.',
  }),
  'template.invalid': f => ({
    because: `the template cannot be used: ${problems(f.problems)}`,
    help: 'Mend these places and propose it again.',
  }),
}
