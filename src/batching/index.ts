export type { Job, JobResult, JobRow } from './job-types.ts';
export { BACKLOG_BUDGETS, DEFAULT_MAX_ROWS, Scheduler } from './scheduler.ts';
export type { OpenOptions, RunInfo, SchedulerOptions, SchedulerStats } from './scheduler-types.ts';
