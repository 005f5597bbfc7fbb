export { materialDigest } from './binding.ts'
export type {
  Approval,
  Change,
  Evidence,
  Given,
  HeldDuty,
  Obligation,
  Released,
  Seat,
  SignOff,
  Tick,
} from './change.ts'
export { type ChangeCommand, changeCommand } from './command.ts'
export { decideChange, type Ruling } from './decide.ts'
export type { Discount } from './discount.ts'
export { type EffectiveSeparation, separationsOf } from './effective-separation.ts'
export type { Eligible } from './eligibility.ts'
export { type ChangeEvent, changeEvent } from './event.ts'
export { evolveChange, type Occasion } from './evolve.ts'
export { explain } from './explain/explain.ts'
export {
  type Act,
  type Explanation,
  type ItemNode,
  isArranging,
  type RequirementNode,
  type StageNode,
  type Status,
  type WayOut,
} from './explain/explanation.ts'
export { type LifeConfig, type Lifecycle, type LifeEvent, lifeConfig, lifecycle } from './lifecycle.ts'
export type { Conflict } from './separation.ts'
export type { World } from './world.ts'
