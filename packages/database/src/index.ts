export { JobQueue, type JobQueueOptions, type QueuedJob } from "./job-queue.ts";
export { type Database, type DatabasePlace, type OpenDatabaseOptions, openDatabase } from "./open-database.ts";
