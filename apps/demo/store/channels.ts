/** Names that server and workers share, in the database. */

/** Told with a job's id whenever its row, its pictures or its preview change, with `<job> <user>` when it is gone. */
export const JOBS_CHANNEL = "drum_jobs";

/** Told with `<history> <user>` whenever a history or its entries change, and when it is gone. */
export const HISTORIES_CHANNEL = "drum_histories";

/** The job queue's name in pg-boss; its jobs carry `{ jobId }`. */
export const JOBS_QUEUE = "drum-jobs";

/** What the queue carries. */
export interface JobMessage {
	jobId: string;
}
