import { type Kysely, sql } from "kysely";

/** Users, their histories and what was made of them. What belongs to a user goes when the user goes. */
export async function up(db: Kysely<unknown>): Promise<void> {
	const statements = `
create table users (
	id uuid primary key default gen_random_uuid(),
	name text not null unique,
	created_at timestamptz not null default now()
);
create table tokens (
	hash bytea primary key,
	user_id uuid not null references users on delete cascade,
	created_at timestamptz not null default now()
);
create table histories (
	id uuid primary key default gen_random_uuid(),
	user_id uuid not null references users on delete cascade,
	name text not null,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now()
);
create index on histories (user_id);
create table entries (
	id uuid primary key default gen_random_uuid(),
	history_id uuid not null references histories on delete cascade,
	place bigint generated always as identity,
	prompt text not null,
	intensity double precision not null
);
create index on entries (history_id, place);
create table profiles (
	id uuid primary key default gen_random_uuid(),
	user_id uuid not null references users on delete cascade,
	history_id uuid not null references histories on delete cascade,
	model text not null,
	key text not null,
	file uuid,
	view jsonb not null,
	created_at timestamptz not null default now(),
	unique (history_id, key)
);
create table profile_parts (
	profile_id uuid not null references profiles on delete cascade,
	file uuid not null,
	part integer not null,
	bytes bytea not null,
	primary key (profile_id, file, part)
);
create table jobs (
	id uuid primary key default gen_random_uuid(),
	user_id uuid not null references users on delete cascade,
	version integer not null default 1,
	status text not null default 'queued' check (status in ('queued', 'running', 'done', 'failed', 'cancelled')),
	request jsonb not null,
	progress jsonb,
	problem jsonb,
	history_id uuid references histories on delete set null,
	profile_id uuid references profiles on delete set null,
	preview bytea,
	preview_of jsonb,
	idempotency_key text,
	request_hash text not null,
	created_at timestamptz not null default now(),
	started_at timestamptz,
	ended_at timestamptz,
	unique (user_id, idempotency_key)
);
create index on jobs (user_id, created_at desc, id desc);
create index on jobs (created_at) where status in ('queued', 'running');
create table pictures (
	id uuid primary key default gen_random_uuid(),
	job_id uuid not null references jobs on delete cascade,
	user_id uuid not null references users on delete cascade,
	place integer not null,
	alpha double precision not null,
	seed bigint not null,
	width integer not null,
	height integer not null,
	png bytea not null,
	created_at timestamptz not null default now(),
	unique (job_id, place)
);
`;
	for (const statement of statements.split(";\n")) if (statement.trim() !== "") await sql.raw(statement).execute(db);
}
