/** Where a worker writes what is not for users; a pino logger is one. */
export interface Log {
	warn(fields: object, message: string): void;
	error(fields: object, message: string): void;
}
