import { freeze } from 'immer'
import type { TemplateVersion } from '../governance.ts'
import { templateKey } from '../template.ts'
import { added, type Folding, type Folds, type Of } from './fold.ts'

export const templateFolds: Folds<Of<'template'>> = {
  'template.proposed': (tables, { team, name, version, digest, by }, command) => {
    if (command.type !== 'proposeTemplate') return
    const first = { version, digest, document: command.template, proposedBy: by, nth: tables.entries, approvals: [] }
    tables.templates = added(tables.templates, templateKey(team, name), freeze(first, true))
  },
  'template.approved': (tables, event) => {
    const given = { person: event.person, roles: event.roles, at: event.at, nth: tables.entries }
    onVersion(tables, event, one => ({ ...one, approvals: [...one.approvals, given] }))
  },
  'template.revoked': (tables, event) =>
    onVersion(tables, event, one => ({ ...one, revoked: { by: event.by, at: event.at } })),
}

function onVersion(
  tables: Folding,
  { team, name, version }: { readonly team: string; readonly name: string; readonly version: number },
  change: (one: TemplateVersion) => TemplateVersion,
): void {
  const key = templateKey(team, name)
  const versions = tables.templates.get(key) ?? []
  const changed = versions.map(one => (one.version === version ? change(one) : one))
  tables.templates = tables.templates.set(key, freeze(changed, true))
}
