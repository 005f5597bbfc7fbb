import { approvedBeforeRelease, controls, separate } from 'countersign/policy'

/** What the auditors ask of every team. A team finds its own way to comply; it may ask for more, and never for less. */
export const sox = controls('sox', {
  'SOX-CM-1': separate('make', 'approve').because('nobody approves what they made'),
  'SOX-CM-2': separate('make', 'test').because('nobody signs off the test of what they made'),
  'SOX-CM-3': approvedBeforeRelease().because('nothing unapproved reaches production'),
})
