import type { Folds, Of } from './fold.ts'
import { adopted, proposal } from './proposal.ts'

export const controlsFolds: Folds<Of<'controls'>> = {
  'controls.proposed': (tables, { digest, by }, command) => {
    if (command.type !== 'proposeControls') return
    tables.controls = tables.controls.set(digest, proposal(command.controls, by, tables.controlsInForce))
  },
  'controls.adopted': (tables, event) => {
    tables.controls = adopted(tables.controls, event)
    tables.controlsInForce = event.digest
  },
}
