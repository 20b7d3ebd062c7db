/** Run as a process of its own: adds rows to the embedded database in `argv[2]`, and prints the number of each that is committed. */
import { sql } from "kysely";
import { openDatabase } from "../index.ts";

const database = await openDatabase({ folder: process.argv[2]! }, { migrations: {} });
const { kysely } = database;
await sql`create table if not exists rows (number int primary key generated always as identity, filling text)`.execute(
	kysely,
);
for (let count = 1; ; count++) {
	const filling = "filling".repeat(count % 500);
	const { rows } = await sql<{
		number: number;
	}>`insert into rows (filling) values (${filling}) returning number`.execute(kysely);
	console.log(rows[0]?.number);
	if (count % 50 === 0) await sql`checkpoint`.execute(kysely);
}
