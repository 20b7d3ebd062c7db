import type { User } from "@drum/tiny";
import { kindsOf } from "./kinds.ts";
import { even, type Led, type Row, repeated, type Studies } from "./studies.ts";

/** The paper's degree for prompts. */
const ALPHA = 0.3;
/** A larger one, at which the whole history leads about as far away from the target as the coreset does at the paper's. */
export const STRONGER = 0.4;
/** Guidance of a model that follows its prompts less: the report's is 4. */
export const WEAK = 1;
const TIMES = 10;

/** Pictures that are drawn of a user. */
export const PICTURES_OF_USER = 2 * 21;

/** What decides a user's prompts. */
interface Extent {
	readonly seed: number;
	/** Prompts of the long history. */
	readonly long: number;
}

/** Everything that is measured of a user, by the rows' names. */
export async function measureUser(studies: Studies, user: User, settings: Extent): Promise<Record<string, Row>> {
	const { open, meant, said, newest, query, queryMeant, tried, long } = kindsOf(user, settings);
	const led = async (references: Promise<Led["references"]> | Led["references"], alpha = ALPHA): Promise<Led> => ({
		references: await references,
		alpha,
	});
	const rows: Record<string, Row> = {};

	const plain = await studies.draw(open.drawn);
	const drum = await studies.draw(open.drawn, await led(studies.coreset(open.history)));
	const asked = await studies.draw(said.drawn);
	rows["open, plain"] = await studies.score(plain, open);
	rows["open, DrUM"] = await studies.score(drum, open);
	rows["open, taste said"] = await studies.score(asked, open);
	rows["meant, plain"] = await studies.score(plain, meant);
	rows["meant, DrUM"] = await studies.score(drum, meant);
	rows["said, plain"] = await studies.score(asked, said);
	rows["said, DrUM"] = await studies.score(
		await studies.draw(said.drawn, await led(studies.coreset(said.history))),
		said,
	);

	const short = await studies.draw(query.drawn);
	const shortDrum = await studies.draw(query.drawn, await led(studies.coreset(query.history)));
	rows["query, plain"] = await studies.score(short, query);
	rows["query, DrUM"] = await studies.score(shortDrum, query);
	rows["query meant, plain"] = await studies.score(short, queryMeant);
	rows["query meant, DrUM"] = await studies.score(shortDrum, queryMeant);

	for (const scale of [undefined, WEAK]) {
		const mark = scale === undefined ? "" : ", weak";
		const unled = await studies.draw(newest.drawn, undefined, scale);
		const last = await studies.draw(newest.drawn, await led(studies.coreset(newest.history)), scale);
		const again = await studies.draw(tried.drawn, await led(studies.coreset(tried.history)), scale);
		rows[`newest${mark}, plain`] = await studies.score(unled, newest);
		rows[`newest${mark}, DrUM`] = await studies.score(last, newest);
		rows[`tried${mark}, plain`] = await studies.score(unled, tried);
		rows[`tried${mark}, DrUM`] = await studies.score(again, tried);
	}

	// Table 3: the same pictures by other references.
	const evenly = { ...open, history: even(open.history) };
	rows["open, whole"] = await studies.score(await studies.draw(open.drawn, await led(open.history)), open);
	rows["open, random"] = await studies.score(
		await studies.draw(open.drawn, await led(studies.random(open.history))),
		open,
	);
	rows["open, whole, stronger"] = await studies.score(
		await studies.draw(open.drawn, await led(open.history, STRONGER)),
		open,
	);
	rows["even, plain"] = await studies.score(plain, evenly);
	rows["even, DrUM"] = await studies.score(
		await studies.draw(open.drawn, await led(studies.coreset(evenly.history))),
		evenly,
	);
	rows["even, whole"] = await studies.score(await studies.draw(open.drawn, await led(evenly.history)), evenly);
	rows["newest, whole"] = await studies.score(await studies.draw(newest.drawn, await led(newest.history)), newest);
	rows["tried, whole"] = await studies.score(await studies.draw(tried.drawn, await led(tried.history)), tried);
	rows["long, plain"] = await studies.score(plain, long);
	rows["long, DrUM"] = await studies.score(
		await studies.draw(long.drawn, await led(studies.coreset(long.history))),
		long,
	);
	rows["long, whole"] = await studies.score(await studies.draw(long.drawn, await led(long.history)), long);

	// Of conditions alone: what the number of references does, with guidance and without.
	const core = await studies.coreset(open.history);
	const shares = (count: number) => count / (count + 1);
	const alone = async (of: Led) => studies.score(await studies.condition(open.drawn, of), open);
	rows["coreset, often"] = await alone({ references: repeated(core, TIMES), alpha: ALPHA });
	rows["unguided coreset"] = await alone({ references: even(core), alpha: shares(core.length) });
	rows["unguided coreset, often"] = await alone({
		references: even(repeated(core, TIMES)),
		alpha: shares(TIMES * core.length),
	});
	rows["unguided whole"] = await alone({ references: evenly.history, alpha: shares(open.history.length) });
	return rows;
}
