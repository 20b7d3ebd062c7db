import { MOST_ENTRIES, MOST_IMAGE, MOST_MASK } from "../api/index.ts";

/** How much one service takes on; what is over it is refused. */
export interface Limits {
	/** Jobs of a user that have not ended. */
	jobsOfUser: number;
	/** Jobs of all users that have not ended. */
	jobs: number;
	/** What one job may cost, in pictures as its model draws them where a request leaves size and steps open. */
	workOfJob: number;
	historiesOfUser: number;
	entriesOfHistory: number;
	/** Bytes of what a user keeps: histories, profiles and pictures. Jobs that run may still go over it. */
	bytesOfUser: number;
	/** Days after which jobs that have ended are deleted; none: they are kept. */
	keptDays: number | undefined;
	/** Streams of events that a user has open. */
	streamsOfUser: number;
	/** Connections of all, signed in or not. */
	connections: number;
	/** Bytes of a user's requests that are being read or answered. */
	bodiesOfUser: number;
	/** The same of all users. */
	bodies: number;
}

/** Bytes of a request's body. */
export const MOST_BODY = 2 ** 20;
/** Of one that may bring pictures, in base64. */
export const MOST_JOB_BODY = Math.ceil(((MOST_IMAGE + MOST_MASK) * 4) / 3) + MOST_BODY;
export const MOST_IMPORT = 16 * 2 ** 20;
/** Where nobody needs to be signed in: room for a token. */
export const MOST_OPEN_BODY = 2 ** 11;

export const LIMITS: Limits = {
	jobsOfUser: 10,
	jobs: 200,
	workOfJob: 50,
	historiesOfUser: 200,
	entriesOfHistory: MOST_ENTRIES,
	bytesOfUser: 10e9,
	keptDays: undefined,
	streamsOfUser: 20,
	connections: 5000,
	bodiesOfUser: 2 * MOST_IMPORT,
	bodies: 16 * MOST_IMPORT,
};
