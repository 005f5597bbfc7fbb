export type { Adopted, DelegationUsed, FreezeDeclared, Said, TemplateAgreed } from './documents.ts'
export { type Flag, flags } from './flag.ts'
export type { Place, Signed } from './place.ts'
export {
  type ClosedChange,
  Population,
  type PopulationAsked,
  type PopulationReport,
  type TookEffect,
  type UnclosedChange,
} from './population.ts'
export { SampleSheet } from './sample-sheet.ts'
export type {
  ApprovalLine,
  Capacity,
  ControlsLine,
  DutyLine,
  ExceptionLine,
  FallenLine,
  FieldLine,
  GlassLine,
  MakerLine,
  ObligationLine,
  OverrideLine,
  PolicyLine,
  RefusalLine,
  RejectionLine,
  ReleaseLine,
  RevisionLine,
  Sheet,
  StageLine,
  StepLine,
  TaskLine,
  TemplateLine,
  TestLine,
  TickLine,
  Uncounted,
} from './sheet.ts'
