import type { Change, HowMuch } from './change.ts'

/** How many deeds of each kind there are on a change. */
export const howMuch = ({ approvals, signOffs, releases, tasks, ticks, held }: Change): HowMuch => ({
  approvals: approvals.length,
  signOffs: signOffs.length,
  releases: releases.length,
  tasks: tasks.length,
  ticks: ticks.length,
  held: held.length,
})
