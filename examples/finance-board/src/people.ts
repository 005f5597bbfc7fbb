import { createDesk, type Desk, type DeskOptions, type Receipt } from 'countersign'
import { controlsDigest, type Policy, policyDigest } from 'countersign/policy'
import { roles, sox, team } from './policy.ts'

const origin = 'trail.lindgrove.example/finance-board'

/** The finance-systems team of Lindgrove, an invented company with invented people, and those who ask things of it. */
const people: Readonly<Record<string, { readonly name: string; readonly roles: readonly (keyof typeof roles)[] }>> = {
  ines: { name: 'Ines Calder', roles: ['engineer'] },
  noor: { name: 'Noor Verbeek', roles: ['engineer'] },
  pavel: { name: 'Pavel Drozd', roles: ['engineer'] },
  ragnar: { name: 'Ragnar Thiel', roles: ['team-lead'] },
  margit: { name: 'Margit Olsson', roles: ['finance-owner'] },
  otis: { name: 'Otis Granger', roles: ['release-manager'] },
  lucia: { name: 'Lucia Ferrant', roles: ['adviser'] },
  selma: { name: 'Selma Aydin', roles: ['adviser'] },
  wanda: { name: 'Wanda Krol', roles: ['adviser'] },
  jonah: { name: 'Jonah Weir', roles: ['adviser'] },
  sue: { name: 'Sue Marlow', roles: [] },
}

const holding = (role: keyof typeof roles) => Object.keys(people).filter(one => people[one]?.roles.includes(role))
export const engineers = holding('engineer')
export const advisers = holding('adviser')

/** Whatever was not accepted where the story needs it to be ends the story. */
export function accepted(receipt: Receipt): void {
  if (receipt.outcome === 'refused') throw new Error(`${receipt.id}: ${receipt.because}`)
}

/** A desk with people and rules, as they are before the quarter begins. */
export async function openDesk(options: DeskOptions, policy: Policy): Promise<Desk> {
  const desk = await createDesk(options)
  const [greta, tomas] = [desk.by('greta'), desk.by('tomas')]
  const administrators = [
    { person: 'greta', name: 'Greta Halloran', accounts: ['greta'] },
    { person: 'tomas', name: 'Tomas Wendt', accounts: ['tomas'] },
  ]
  accepted(await greta.found({ origin, format: 'countersign/trail/v1', administrators }))
  for (const [role, description] of Object.entries(roles)) accepted(await greta.defineRole({ role, description }))
  for (const [person, { name, roles: held }] of Object.entries(people)) {
    accepted(await greta.registerPerson({ person, name, accounts: [person] }))
    for (const role of held) accepted(await greta.grantRole({ role, to: person, team }))
  }
  accepted(await greta.proposeControls({ controls: sox }))
  accepted(await tomas.adoptControls({ digest: controlsDigest(sox) }))
  accepted(await greta.proposePolicy({ policy }))
  accepted(await tomas.adoptPolicy({ digest: policyDigest(policy) }))
  return desk
}
