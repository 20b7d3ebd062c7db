export { type DumpedRow, type DumpOptions, dumpTables, type RowsChange } from "./dump-tables.ts";
export { type FailedJob, JobQueue, type JobQueueOptions, type QueuedJob, type SendJobOptions } from "./job-queue.ts";
export type { JobCounts } from "./job-table.ts";
export { type Database, type DatabasePlace, type OpenDatabaseOptions, openDatabase } from "./open-database.ts";
export { restoreTables } from "./restore-tables.ts";
export { isOutOfReach } from "./server-errors.ts";
