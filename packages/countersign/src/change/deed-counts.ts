import type { Change, DeedCounts } from './change.ts'

/** How many deeds there are on a change, of each kind: what comes later stands behind them in its list. */
export const deedCounts = ({ approvals, signOffs, releases, tasks, ticks, held }: Change): DeedCounts => ({
  approvals: approvals.length,
  signOffs: signOffs.length,
  releases: releases.length,
  tasks: tasks.length,
  ticks: ticks.length,
  held: held.length,
})
