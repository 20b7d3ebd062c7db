import { ArgumentError } from "@drum/tensor";
import type { FastifyInstance } from "fastify";

/** Where it listens when no port is asked for: here, or at one of the next, so that a second demo can be begun. */
const PORT = 3000;
const TRIES = 20;

/**
 * Listens, and gives the address.
 * @param port the one asked for; `undefined`: the first that is free from 3000
 * @throws ArgumentError where the port or the host cannot be had
 */
export async function listen(app: FastifyInstance, host: string, port: number | undefined): Promise<string> {
	const last = port ?? PORT + TRIES - 1;
	for (let each = port ?? PORT; ; each++) {
		try {
			return await app.listen({ host, port: each });
		} catch (cause) {
			const { code } = cause as NodeJS.ErrnoException;
			if (code === "EADDRINUSE" && each < last) continue;
			const found = {
				EADDRINUSE: "another process there",
				EACCES: "no permission",
				EADDRNOTAVAIL: "no such address here",
			}[code ?? ""];
			if (!found) throw cause;
			throw new ArgumentError({ what: `${host}, port ${each}`, expected: "one to listen at", found, cause });
		}
	}
}
