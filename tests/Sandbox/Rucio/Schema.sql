-- The part of Rucio 41's multi-VO catalogue on PostgreSQL (alembic 3b943000da18) that an operator's SQL and the
-- stand-in server touch. Names, types, enums and constraints are the real ones: a test compares them with a real
-- catalogue when RUCIO_TEST_DB is set. Left out: archives, dataset and collection locks, opendata, history.

CREATE TYPE "ACCOUNTS_TYPE_CHK" AS ENUM ('USER', 'GROUP', 'SERVICE');
CREATE TYPE "ACCOUNTS_STATUS_CHK" AS ENUM ('ACTIVE', 'SUSPENDED', 'DELETED');
CREATE TYPE "IDENTITIES_TYPE_CHK" AS ENUM ('X509', 'GSS', 'USERPASS', 'SSH', 'SAML', 'OIDC');
CREATE TYPE "ACCOUNT_MAP_ID_TYPE_CHK" AS ENUM ('X509', 'GSS', 'USERPASS', 'SSH', 'SAML', 'OIDC');
CREATE TYPE "SCOPE_STATUS_CHK" AS ENUM ('O', 'C', 'D');
CREATE TYPE "RSES_TYPE_CHK" AS ENUM ('DISK', 'TAPE');
CREATE TYPE "DIDS_TYPE_CHK" AS ENUM ('F', 'D', 'C', 'A', 'X', 'Y', 'Z');
CREATE TYPE "DIDS_AVAILABILITY_CHK" AS ENUM ('L', 'D', 'A');
CREATE TYPE "REPLICAS_STATE_CHK" AS ENUM ('A', 'U', 'C', 'B', 'D', 'T');
CREATE TYPE "CONTENTS_DID_TYPE_CHK" AS ENUM ('F', 'D', 'C', 'A', 'X', 'Y', 'Z');
CREATE TYPE "CONTENTS_CHILD_TYPE_CHK" AS ENUM ('F', 'D', 'C', 'A', 'X', 'Y', 'Z');
CREATE TYPE "RULES_DID_TYPE_CHK" AS ENUM ('F', 'D', 'C', 'A', 'X', 'Y', 'Z');
CREATE TYPE "RULES_STATE_CHK" AS ENUM ('R', 'O', 'S', 'U', 'W', 'I');
CREATE TYPE "RULES_GROUPING_CHK" AS ENUM ('A', 'D', 'N');
CREATE TYPE "RULES_NOTIFICATION_CHK" AS ENUM ('Y', 'N', 'C', 'P');
CREATE TYPE "LOCKS_STATE_CHK" AS ENUM ('R', 'O', 'S');
CREATE TYPE "SUBSCRIPTIONS_STATE_CHK" AS ENUM ('A', 'I', 'N', 'U', 'B');
CREATE TYPE "REQUESTS_TYPE_CHK" AS ENUM ('T', 'U', 'D', 'I', 'O');
CREATE TYPE "REQUESTS_DIDTYPE_CHK" AS ENUM ('F', 'D', 'C', 'A', 'X', 'Y', 'Z');
CREATE TYPE "REQUESTS_STATE_CHK" AS ENUM ('Q', 'G', 'S', 'F', 'D', 'L', 'N', 'O', 'A', 'M', 'U', 'W', 'P');
CREATE TYPE "TRANSFER_LIMITS_DIRECTION_TYPE_CHK" AS ENUM ('S', 'D');

CREATE TABLE vos (
    vo varchar(3) NOT NULL,
    description varchar(255),
    email varchar(255),
    created_at timestamp,
    updated_at timestamp,
    CONSTRAINT "VOS_PK" PRIMARY KEY (vo),
    CONSTRAINT "VOS_CREATED_NN" CHECK (created_at IS NOT NULL),
    CONSTRAINT "VOS_UPDATED_NN" CHECK (updated_at IS NOT NULL)
);

CREATE TABLE accounts (
    account varchar(29) NOT NULL,
    account_type "ACCOUNTS_TYPE_CHK" NOT NULL,
    status "ACCOUNTS_STATUS_CHK" NOT NULL,
    email varchar(255),
    suspended_at timestamp,
    deleted_at timestamp,
    created_at timestamp,
    updated_at timestamp,
    CONSTRAINT "ACCOUNTS_PK" PRIMARY KEY (account),
    CONSTRAINT "ACCOUNTS_TYPE_NN" CHECK (account_type IS NOT NULL),
    CONSTRAINT "ACCOUNTS_STATUS_NN" CHECK (status IS NOT NULL),
    CONSTRAINT "ACCOUNTS_CREATED_NN" CHECK (created_at IS NOT NULL),
    CONSTRAINT "ACCOUNTS_UPDATED_NN" CHECK (updated_at IS NOT NULL)
);

CREATE TABLE account_attr_map (
    account varchar(29) NOT NULL,
    key varchar(255) NOT NULL,
    value varchar(255),
    created_at timestamp,
    updated_at timestamp,
    CONSTRAINT "ACCOUNT_ATTR_MAP_PK" PRIMARY KEY (account, key),
    CONSTRAINT "ACCOUNT_ATTR_MAP_ACCOUNT_FK" FOREIGN KEY (account) REFERENCES accounts (account),
    CONSTRAINT "ACCOUNT_ATTR_MAP_CREATED_NN" CHECK (created_at IS NOT NULL),
    CONSTRAINT "ACCOUNT_ATTR_MAP_UPDATED_NN" CHECK (updated_at IS NOT NULL)
);
CREATE INDEX "ACCOUNT_ATTR_MAP_KEY_VALUE_IDX" ON account_attr_map (key, value);

CREATE TABLE identities (
    identity varchar(2048) NOT NULL,
    identity_type "IDENTITIES_TYPE_CHK" NOT NULL,
    username varchar(255),
    password varchar(255),
    salt bytea,
    email varchar(255) NOT NULL,
    deleted boolean,
    deleted_at timestamp,
    created_at timestamp,
    updated_at timestamp,
    CONSTRAINT "IDENTITIES_PK" PRIMARY KEY (identity, identity_type),
    CONSTRAINT "IDENTITIES_TYPE_NN" CHECK (identity_type IS NOT NULL),
    CONSTRAINT "IDENTITIES_EMAIL_NN" CHECK (email IS NOT NULL),
    CONSTRAINT "IDENTITIES_DELETED_NN" CHECK (deleted IS NOT NULL),
    CONSTRAINT "IDENTITIES_CREATED_NN" CHECK (created_at IS NOT NULL),
    CONSTRAINT "IDENTITIES_UPDATED_NN" CHECK (updated_at IS NOT NULL)
);

CREATE TABLE account_map (
    identity varchar(2048) NOT NULL,
    identity_type "IDENTITIES_TYPE_CHK" NOT NULL,
    account varchar(29) NOT NULL,
    is_default boolean NOT NULL,
    created_at timestamp,
    updated_at timestamp,
    CONSTRAINT "ACCOUNT_MAP_PK" PRIMARY KEY (identity, identity_type, account),
    CONSTRAINT "ACCOUNT_MAP_ACCOUNT_FK" FOREIGN KEY (account) REFERENCES accounts (account),
    CONSTRAINT "ACCOUNT_MAP_ID_TYPE_FK" FOREIGN KEY (identity, identity_type) REFERENCES identities (identity, identity_type),
    CONSTRAINT "ACCOUNT_MAP_ID_TYPE_NN" CHECK (identity_type IS NOT NULL),
    CONSTRAINT "ACCOUNT_MAP_IS_DEFAULT_NN" CHECK (is_default IS NOT NULL),
    CONSTRAINT "ACCOUNT_MAP_CREATED_NN" CHECK (created_at IS NOT NULL),
    CONSTRAINT "ACCOUNT_MAP_UPDATED_NN" CHECK (updated_at IS NOT NULL)
);

CREATE TABLE scopes (
    scope varchar(29) NOT NULL,
    account varchar(29) NOT NULL,
    is_default boolean NOT NULL,
    status "SCOPE_STATUS_CHK" NOT NULL,
    closed_at timestamp,
    deleted_at timestamp,
    created_at timestamp,
    updated_at timestamp,
    CONSTRAINT "SCOPES_PK" PRIMARY KEY (scope),
    CONSTRAINT "SCOPES_ACCOUNT_FK" FOREIGN KEY (account) REFERENCES accounts (account),
    CONSTRAINT "SCOPES_ACCOUNT_NN" CHECK (account IS NOT NULL),
    CONSTRAINT "SCOPES_IS_DEFAULT_NN" CHECK (is_default IS NOT NULL),
    CONSTRAINT "SCOPES_STATUS_NN" CHECK (status IS NOT NULL),
    CONSTRAINT "SCOPES_CREATED_NN" CHECK (created_at IS NOT NULL),
    CONSTRAINT "SCOPES_UPDATED_NN" CHECK (updated_at IS NOT NULL)
);

CREATE TABLE rses (
    id uuid NOT NULL,
    rse varchar(255) NOT NULL,
    vo varchar(3) DEFAULT 'def' NOT NULL,
    rse_type "RSES_TYPE_CHK" NOT NULL,
    deterministic boolean NOT NULL,
    volatile boolean NOT NULL,
    staging_area boolean NOT NULL,
    city varchar(255),
    region_code varchar(2),
    country_name varchar(255),
    continent varchar(2),
    time_zone varchar(255),
    "ISP" varchar(255),
    "ASN" varchar(255),
    longitude double precision,
    latitude double precision,
    availability integer DEFAULT 7 NOT NULL,
    availability_read boolean NOT NULL,
    availability_write boolean NOT NULL,
    availability_delete boolean NOT NULL,
    qos_class varchar(64),
    deleted boolean,
    deleted_at timestamp,
    created_at timestamp,
    updated_at timestamp,
    CONSTRAINT "RSES_PK" PRIMARY KEY (id),
    CONSTRAINT "RSES_RSE_UQ" UNIQUE (rse, vo),
    CONSTRAINT "RSES_VOS_FK" FOREIGN KEY (vo) REFERENCES vos (vo),
    CONSTRAINT "RSES_RSE__NN" CHECK (rse IS NOT NULL),
    CONSTRAINT "RSES_TYPE_NN" CHECK (rse_type IS NOT NULL),
    CONSTRAINT "RSES_DELETED_NN" CHECK (deleted IS NOT NULL),
    CONSTRAINT "RSES_CREATED_NN" CHECK (created_at IS NOT NULL),
    CONSTRAINT "RSES_UPDATED_NN" CHECK (updated_at IS NOT NULL)
);

CREATE TABLE rse_attr_map (
    rse_id uuid NOT NULL,
    key varchar(255) NOT NULL,
    value varchar(255),
    created_at timestamp,
    updated_at timestamp,
    CONSTRAINT "RSE_ATTR_MAP_PK" PRIMARY KEY (rse_id, key),
    CONSTRAINT "RSE_ATTR_MAP_RSE_ID_FK" FOREIGN KEY (rse_id) REFERENCES rses (id),
    CONSTRAINT "RSE_ATTR_MAP_CREATED_NN" CHECK (created_at IS NOT NULL),
    CONSTRAINT "RSE_ATTR_MAP_UPDATED_NN" CHECK (updated_at IS NOT NULL)
);
CREATE INDEX "RSE_ATTR_MAP_KEY_VALUE_IDX" ON rse_attr_map (key, value);

CREATE TABLE rse_protocols (
    rse_id uuid NOT NULL,
    scheme varchar(255) NOT NULL,
    hostname varchar(255) DEFAULT '' NOT NULL,
    port integer DEFAULT 0 NOT NULL,
    prefix varchar(1024),
    impl varchar(255) NOT NULL,
    read_lan integer,
    write_lan integer,
    delete_lan integer,
    read_wan integer,
    write_wan integer,
    delete_wan integer,
    third_party_copy_read integer,
    third_party_copy_write integer,
    extended_attributes varchar(4000),
    created_at timestamp,
    updated_at timestamp,
    CONSTRAINT "RSE_PROTOCOLS_PK" PRIMARY KEY (rse_id, scheme, hostname, port),
    CONSTRAINT "RSE_PROTOCOL_RSE_ID_FK" FOREIGN KEY (rse_id) REFERENCES rses (id),
    CONSTRAINT "RSE_PROTOCOLS_IMPL_NN" CHECK (impl IS NOT NULL),
    CONSTRAINT "RSE_PROTOCOLS_CREATED_NN" CHECK (created_at IS NOT NULL),
    CONSTRAINT "RSE_PROTOCOLS_UPDATED_NN" CHECK (updated_at IS NOT NULL)
);

CREATE TABLE rse_limits (
    rse_id uuid NOT NULL,
    name varchar(255) NOT NULL,
    value bigint NOT NULL,
    created_at timestamp,
    updated_at timestamp,
    CONSTRAINT "RSE_LIMITS_PK" PRIMARY KEY (rse_id, name),
    CONSTRAINT "RSE_LIMIT_RSE_ID_FK" FOREIGN KEY (rse_id) REFERENCES rses (id),
    CONSTRAINT "RSE_LIMITS_CREATED_NN" CHECK (created_at IS NOT NULL),
    CONSTRAINT "RSE_LIMITS_UPDATED_NN" CHECK (updated_at IS NOT NULL)
);

CREATE TABLE rse_usage (
    rse_id uuid NOT NULL,
    source varchar(255) NOT NULL,
    used bigint,
    free bigint,
    files bigint,
    created_at timestamp,
    updated_at timestamp,
    CONSTRAINT "RSE_USAGE_PK" PRIMARY KEY (rse_id, source),
    CONSTRAINT "RSE_USAGE_RSE_ID_FK" FOREIGN KEY (rse_id) REFERENCES rses (id),
    CONSTRAINT "RSE_USAGE_CREATED_NN" CHECK (created_at IS NOT NULL),
    CONSTRAINT "RSE_USAGE_UPDATED_NN" CHECK (updated_at IS NOT NULL)
);

CREATE TABLE rse_qos_map (
    rse_id uuid NOT NULL,
    qos_policy varchar(64) NOT NULL,
    created_at timestamp,
    updated_at timestamp,
    CONSTRAINT "RSE_QOS_MAP_PK" PRIMARY KEY (rse_id, qos_policy),
    CONSTRAINT "RSE_QOS_MAP_RSE_ID_FK" FOREIGN KEY (rse_id) REFERENCES rses (id),
    CONSTRAINT "RSE_QOS_MAP_CREATED_NN" CHECK (created_at IS NOT NULL),
    CONSTRAINT "RSE_QOS_MAP_UPDATED_NN" CHECK (updated_at IS NOT NULL)
);

CREATE TABLE updated_rse_counters (
    id uuid NOT NULL,
    rse_id uuid NOT NULL,
    files bigint NOT NULL,
    bytes bigint NOT NULL,
    created_at timestamp,
    updated_at timestamp,
    CONSTRAINT "UPDATED_RSE_COUNTERS_PK" PRIMARY KEY (id),
    CONSTRAINT "UPDATED_RSE_CNTRS_RSE_ID_FK" FOREIGN KEY (rse_id) REFERENCES rses (id),
    CONSTRAINT "UPDATED_RSE_CNTRS_CREATED_NN" CHECK (created_at IS NOT NULL),
    CONSTRAINT "UPDATED_RSE_CNTRS_UPDATED_NN" CHECK (updated_at IS NOT NULL)
);
CREATE INDEX "UPDATED_RSE_CNTRS_RSE_ID_IDX" ON updated_rse_counters (rse_id);

CREATE TABLE distances (
    src_rse_id uuid NOT NULL,
    dest_rse_id uuid NOT NULL,
    distance integer,
    created_at timestamp,
    updated_at timestamp,
    CONSTRAINT "DISTANCES_PK" PRIMARY KEY (src_rse_id, dest_rse_id),
    CONSTRAINT "DISTANCES_SRC_RSES_FK" FOREIGN KEY (src_rse_id) REFERENCES rses (id),
    CONSTRAINT "DISTANCES_DEST_RSES_FK" FOREIGN KEY (dest_rse_id) REFERENCES rses (id),
    CONSTRAINT "DISTANCES_CREATED_NN" CHECK (created_at IS NOT NULL),
    CONSTRAINT "DISTANCES_UPDATED_NN" CHECK (updated_at IS NOT NULL)
);
CREATE INDEX "DISTANCES_DEST_RSEID_IDX" ON distances (dest_rse_id);

CREATE TABLE account_limits (
    account varchar(29) NOT NULL,
    rse_id uuid NOT NULL,
    bytes bigint,
    created_at timestamp,
    updated_at timestamp,
    CONSTRAINT "ACCOUNT_LIMITS_PK" PRIMARY KEY (account, rse_id),
    CONSTRAINT "ACCOUNT_LIMITS_ACCOUNT_FK" FOREIGN KEY (account) REFERENCES accounts (account),
    CONSTRAINT "ACCOUNT_LIMITS_RSE_ID_FK" FOREIGN KEY (rse_id) REFERENCES rses (id),
    CONSTRAINT "ACCOUNT_LIMITS_CREATED_NN" CHECK (created_at IS NOT NULL),
    CONSTRAINT "ACCOUNT_LIMITS_UPDATED_NN" CHECK (updated_at IS NOT NULL)
);

CREATE TABLE account_glob_limits (
    account varchar(29) NOT NULL,
    rse_expression varchar(3000) NOT NULL,
    bytes bigint,
    created_at timestamp,
    updated_at timestamp,
    CONSTRAINT "ACCOUNT_GLOB_LIMITS_PK" PRIMARY KEY (account, rse_expression),
    CONSTRAINT "ACCOUNT_GLOBAL_LIMITS_ACC_FK" FOREIGN KEY (account) REFERENCES accounts (account),
    CONSTRAINT "ACCOUNT_GLOB_LIMITS_CREATED_NN" CHECK (created_at IS NOT NULL),
    CONSTRAINT "ACCOUNT_GLOB_LIMITS_UPDATED_NN" CHECK (updated_at IS NOT NULL)
);

CREATE TABLE account_usage (
    account varchar(29) NOT NULL,
    rse_id uuid NOT NULL,
    files bigint NOT NULL,
    bytes bigint NOT NULL,
    created_at timestamp,
    updated_at timestamp,
    CONSTRAINT "ACCOUNT_USAGE_PK" PRIMARY KEY (account, rse_id),
    CONSTRAINT "ACCOUNT_USAGE_ACCOUNT_FK" FOREIGN KEY (account) REFERENCES accounts (account),
    CONSTRAINT "ACCOUNT_USAGE_RSES_ID_FK" FOREIGN KEY (rse_id) REFERENCES rses (id),
    CONSTRAINT "ACCOUNT_USAGE_CREATED_NN" CHECK (created_at IS NOT NULL),
    CONSTRAINT "ACCOUNT_USAGE_UPDATED_NN" CHECK (updated_at IS NOT NULL)
);

CREATE TABLE updated_account_counters (
    id uuid NOT NULL,
    account varchar(29) NOT NULL,
    rse_id uuid NOT NULL,
    files bigint NOT NULL,
    bytes bigint NOT NULL,
    created_at timestamp,
    updated_at timestamp,
    CONSTRAINT "UPDATED_ACCOUNT_COUNTERS_PK" PRIMARY KEY (id),
    CONSTRAINT "UPDATED_ACCNT_CNTRS_ACCOUNT_FK" FOREIGN KEY (account) REFERENCES accounts (account),
    CONSTRAINT "UPDATED_ACCNT_CNTRS_RSE_ID_FK" FOREIGN KEY (rse_id) REFERENCES rses (id),
    CONSTRAINT "UPDATED_ACCNT_CNTRS_CREATED_NN" CHECK (created_at IS NOT NULL),
    CONSTRAINT "UPDATED_ACCNT_CNTRS_UPDATED_NN" CHECK (updated_at IS NOT NULL)
);
CREATE INDEX "UPDATED_ACCNT_CNTRS_RSE_ID_IDX" ON updated_account_counters (account, rse_id);

CREATE TABLE dids (
    scope varchar(29) NOT NULL,
    name varchar(250) NOT NULL,
    account varchar(29) NOT NULL,
    did_type "DIDS_TYPE_CHK" NOT NULL,
    is_open boolean,
    monotonic boolean DEFAULT false NOT NULL,
    hidden boolean DEFAULT false NOT NULL,
    obsolete boolean DEFAULT false NOT NULL,
    complete boolean,
    is_new boolean DEFAULT true,
    availability "DIDS_AVAILABILITY_CHK" NOT NULL,
    suppressed boolean DEFAULT false NOT NULL,
    bytes bigint,
    length bigint,
    md5 varchar(32),
    adler32 varchar(8),
    expired_at timestamp,
    purge_replicas boolean DEFAULT true NOT NULL,
    deleted_at timestamp,
    events bigint,
    guid uuid,
    project varchar(50),
    datatype varchar(50),
    run_number integer,
    stream_name varchar(70),
    prod_step varchar(50),
    version varchar(50),
    campaign varchar(50),
    task_id integer,
    panda_id integer,
    lumiblocknr integer,
    provenance varchar(2),
    phys_group varchar(25),
    transient boolean DEFAULT false NOT NULL,
    accessed_at timestamp,
    closed_at timestamp,
    eol_at timestamp,
    is_archive boolean,
    constituent boolean,
    access_cnt integer,
    created_at timestamp,
    updated_at timestamp,
    CONSTRAINT "DIDS_PK" PRIMARY KEY (scope, name),
    CONSTRAINT "DIDS_ACCOUNT_FK" FOREIGN KEY (account) REFERENCES accounts (account) ON DELETE CASCADE,
    CONSTRAINT "DIDS_SCOPE_FK" FOREIGN KEY (scope) REFERENCES scopes (scope),
    CONSTRAINT "DIDS_MONOTONIC_NN" CHECK (monotonic IS NOT NULL),
    CONSTRAINT "DIDS_OBSOLETE_NN" CHECK (obsolete IS NOT NULL),
    CONSTRAINT "DIDS_SUPP_NN" CHECK (suppressed IS NOT NULL),
    CONSTRAINT "DIDS_ACCOUNT_NN" CHECK (account IS NOT NULL),
    CONSTRAINT "DIDS_PURGE_REPLICAS_NN" CHECK (purge_replicas IS NOT NULL),
    CONSTRAINT "DIDS_CREATED_NN" CHECK (created_at IS NOT NULL),
    CONSTRAINT "DIDS_UPDATED_NN" CHECK (updated_at IS NOT NULL)
);
CREATE INDEX "DIDS_IS_NEW_IDX" ON dids (is_new);
CREATE INDEX "DIDS_EXPIRED_AT_IDX" ON dids (expired_at);

CREATE TABLE contents (
    scope varchar(29) NOT NULL,
    name varchar(250) NOT NULL,
    child_scope varchar(29) NOT NULL,
    child_name varchar(250) NOT NULL,
    did_type "CONTENTS_DID_TYPE_CHK" NOT NULL,
    child_type "CONTENTS_CHILD_TYPE_CHK" NOT NULL,
    bytes bigint,
    adler32 varchar(8),
    md5 varchar(32),
    guid uuid,
    events bigint,
    rule_evaluation boolean,
    created_at timestamp,
    updated_at timestamp,
    CONSTRAINT "CONTENTS_PK" PRIMARY KEY (scope, name, child_scope, child_name),
    CONSTRAINT "CONTENTS_ID_FK" FOREIGN KEY (scope, name) REFERENCES dids (scope, name),
    CONSTRAINT "CONTENTS_CHILD_ID_FK" FOREIGN KEY (child_scope, child_name) REFERENCES dids (scope, name) ON DELETE CASCADE,
    CONSTRAINT "CONTENTS_DID_TYPE_NN" CHECK (did_type IS NOT NULL),
    CONSTRAINT "CONTENTS_CHILD_TYPE_NN" CHECK (child_type IS NOT NULL),
    CONSTRAINT "CONTENTS_CREATED_NN" CHECK (created_at IS NOT NULL),
    CONSTRAINT "CONTENTS_UPDATED_NN" CHECK (updated_at IS NOT NULL)
);
CREATE INDEX "CONTENTS_CHILD_SCOPE_NAME_IDX" ON contents (child_scope, child_name, scope, name);
CREATE INDEX "CONTENTS_RULE_EVAL_FB_IDX" ON contents (rule_evaluation);

CREATE TABLE replicas (
    rse_id uuid NOT NULL,
    scope varchar(29) NOT NULL,
    name varchar(250) NOT NULL,
    bytes bigint NOT NULL,
    md5 varchar(32),
    adler32 varchar(8),
    path varchar(1024),
    state "REPLICAS_STATE_CHK" NOT NULL,
    lock_cnt integer DEFAULT 0 NOT NULL,
    accessed_at timestamp,
    tombstone timestamp,
    created_at timestamp,
    updated_at timestamp,
    CONSTRAINT "REPLICAS_PK" PRIMARY KEY (scope, name, rse_id),
    CONSTRAINT "REPLICAS_LFN_FK" FOREIGN KEY (scope, name) REFERENCES dids (scope, name),
    CONSTRAINT "REPLICAS_RSE_ID_FK" FOREIGN KEY (rse_id) REFERENCES rses (id),
    CONSTRAINT "REPLICAS_STATE_NN" CHECK (state IS NOT NULL),
    CONSTRAINT "REPLICAS_SIZE_NN" CHECK (bytes IS NOT NULL),
    CONSTRAINT "REPLICAS_LOCK_CNT_NN" CHECK (lock_cnt IS NOT NULL),
    CONSTRAINT "REPLICAS_CREATED_NN" CHECK (created_at IS NOT NULL),
    CONSTRAINT "REPLICAS_UPDATED_NN" CHECK (updated_at IS NOT NULL)
);
CREATE INDEX "REPLICAS_RSE_ID_TOMBSTONE_IDX" ON replicas (rse_id, tombstone);
CREATE INDEX "REPLICAS_PATH_IDX" ON replicas (path);
CREATE INDEX "REPLICAS_STATE_IDX" ON replicas (state);

CREATE TABLE subscriptions (
    id uuid NOT NULL,
    name varchar(64) NOT NULL,
    filter varchar(4000),
    replication_rules varchar(4000),
    policyid smallint DEFAULT '0' NOT NULL,
    state "SUBSCRIPTIONS_STATE_CHK" NOT NULL,
    last_processed timestamp,
    account varchar(29) NOT NULL,
    lifetime timestamp,
    comments varchar(4000),
    retroactive boolean NOT NULL,
    expired_at timestamp,
    created_at timestamp,
    updated_at timestamp,
    CONSTRAINT "SUBSCRIPTIONS_PK" PRIMARY KEY (id),
    CONSTRAINT "SUBSCRIPTIONS_NAME_ACCOUNT_UQ" UNIQUE (name, account),
    CONSTRAINT "SUBSCRIPTIONS_ACCOUNT_FK" FOREIGN KEY (account) REFERENCES accounts (account),
    CONSTRAINT "SUBSCRIPTIONS_RETROACTIVE_NN" CHECK (retroactive IS NOT NULL),
    CONSTRAINT "SUBSCRIPTIONS_ACCOUNT_NN" CHECK (account IS NOT NULL),
    CONSTRAINT "SUBSCRIPTIONS_CREATED_NN" CHECK (created_at IS NOT NULL),
    CONSTRAINT "SUBSCRIPTIONS_UPDATED_NN" CHECK (updated_at IS NOT NULL)
);
CREATE INDEX "SUBSCRIPTIONS_STATE_IDX" ON subscriptions (state);

CREATE TABLE rules (
    id uuid NOT NULL,
    subscription_id uuid,
    account varchar(29) NOT NULL,
    scope varchar(29) NOT NULL,
    name varchar(250) NOT NULL,
    did_type "RULES_DID_TYPE_CHK" NOT NULL,
    state "RULES_STATE_CHK" NOT NULL,
    error varchar(255),
    rse_expression varchar(3000) NOT NULL,
    copies smallint DEFAULT '1' NOT NULL,
    expires_at timestamp,
    weight varchar(255),
    locked boolean NOT NULL,
    locks_ok_cnt bigint DEFAULT '0' NOT NULL,
    locks_replicating_cnt bigint DEFAULT '0' NOT NULL,
    locks_stuck_cnt bigint DEFAULT '0' NOT NULL,
    source_replica_expression varchar(255),
    activity varchar(50),
    "grouping" "RULES_GROUPING_CHK" NOT NULL,
    notification "RULES_NOTIFICATION_CHK" NOT NULL,
    stuck_at timestamp,
    purge_replicas boolean NOT NULL,
    ignore_availability boolean NOT NULL,
    ignore_account_limit boolean NOT NULL,
    priority integer,
    comments varchar(255),
    child_rule_id uuid,
    eol_at timestamp,
    split_container boolean NOT NULL,
    meta varchar(4000),
    deleted_at timestamp,
    created_at timestamp,
    updated_at timestamp,
    CONSTRAINT "RULES_PK" PRIMARY KEY (id),
    CONSTRAINT "RULES_SCOPE_NAME_FK" FOREIGN KEY (scope, name) REFERENCES dids (scope, name),
    CONSTRAINT "RULES_ACCOUNT_FK" FOREIGN KEY (account) REFERENCES accounts (account),
    CONSTRAINT "RULES_SUBS_ID_FK" FOREIGN KEY (subscription_id) REFERENCES subscriptions (id),
    CONSTRAINT "RULES_CHILD_RULE_ID_FK" FOREIGN KEY (child_rule_id) REFERENCES rules (id),
    CONSTRAINT "RULES_STATE_NN" CHECK (state IS NOT NULL),
    CONSTRAINT "RULES_SCOPE_NN" CHECK (scope IS NOT NULL),
    CONSTRAINT "RULES_NAME_NN" CHECK (name IS NOT NULL),
    CONSTRAINT "RULES_GROUPING_NN" CHECK ("grouping" IS NOT NULL),
    CONSTRAINT "RULES_COPIES_NN" CHECK (copies IS NOT NULL),
    CONSTRAINT "RULES_LOCKED_NN" CHECK (locked IS NOT NULL),
    CONSTRAINT "RULES_ACCOUNT_NN" CHECK (account IS NOT NULL),
    CONSTRAINT "RULES_LOCKS_OK_CNT_NN" CHECK (locks_ok_cnt IS NOT NULL),
    CONSTRAINT "RULES_LOCKS_REPLICATING_CNT_NN" CHECK (locks_replicating_cnt IS NOT NULL),
    CONSTRAINT "RULES_LOCKS_STUCK_CNT_NN" CHECK (locks_stuck_cnt IS NOT NULL),
    CONSTRAINT "RULES_PURGE_REPLICAS_NN" CHECK (purge_replicas IS NOT NULL),
    CONSTRAINT "RULES_CREATED_NN" CHECK (created_at IS NOT NULL),
    CONSTRAINT "RULES_UPDATED_NN" CHECK (updated_at IS NOT NULL)
);
CREATE UNIQUE INDEX "RULES_SC_NA_AC_RS_CO_UQ_IDX" ON rules (scope, name, account, rse_expression, copies);
CREATE INDEX "RULES_SCOPE_NAME_IDX" ON rules (scope, name);
CREATE INDEX "RULES_EXPIRES_AT_IDX" ON rules (expires_at);
CREATE INDEX "RULES_STATE_IDX" ON rules (state);
CREATE INDEX "RULES_CHILD_RULE_ID_IDX" ON rules (child_rule_id);

CREATE TABLE locks (
    scope varchar(29) NOT NULL,
    name varchar(250) NOT NULL,
    rule_id uuid NOT NULL,
    rse_id uuid NOT NULL,
    account varchar(29) NOT NULL,
    bytes bigint,
    state "LOCKS_STATE_CHK" NOT NULL,
    repair_cnt bigint,
    created_at timestamp,
    updated_at timestamp,
    CONSTRAINT "LOCKS_PK" PRIMARY KEY (scope, name, rule_id, rse_id),
    CONSTRAINT "LOCKS_ACCOUNT_FK" FOREIGN KEY (account) REFERENCES accounts (account),
    CONSTRAINT "LOCKS_RULE_ID_FK" FOREIGN KEY (rule_id) REFERENCES rules (id),
    CONSTRAINT "LOCKS_STATE_NN" CHECK (state IS NOT NULL),
    CONSTRAINT "LOCKS_ACCOUNT_NN" CHECK (account IS NOT NULL),
    CONSTRAINT "LOCKS_CREATED_NN" CHECK (created_at IS NOT NULL),
    CONSTRAINT "LOCKS_UPDATED_NN" CHECK (updated_at IS NOT NULL)
);
CREATE INDEX "LOCKS_RULE_ID_IDX" ON locks (rule_id);

CREATE TABLE requests (
    id uuid NOT NULL,
    request_type "REQUESTS_TYPE_CHK" NOT NULL,
    scope varchar(29),
    name varchar(250),
    did_type "REQUESTS_DIDTYPE_CHK" NOT NULL,
    dest_rse_id uuid NOT NULL,
    source_rse_id uuid,
    attributes varchar(4000),
    state "REQUESTS_STATE_CHK" NOT NULL,
    external_id varchar(64),
    external_host varchar(256),
    retry_count integer DEFAULT 0 NOT NULL,
    err_msg varchar(4000),
    previous_attempt_id uuid,
    rule_id uuid,
    activity varchar(50),
    bytes bigint,
    md5 varchar(32),
    adler32 varchar(8),
    dest_url varchar(2048),
    submitted_at timestamp,
    started_at timestamp,
    transferred_at timestamp,
    estimated_at timestamp,
    submitter_id integer,
    estimated_started_at timestamp,
    estimated_transferred_at timestamp,
    staging_started_at timestamp,
    staging_finished_at timestamp,
    account varchar(29),
    requested_at timestamp,
    last_processed_by varchar(64),
    last_processed_at timestamp,
    priority integer,
    transfertool varchar(64),
    created_at timestamp,
    updated_at timestamp,
    CONSTRAINT "REQUESTS_PK" PRIMARY KEY (id),
    CONSTRAINT "REQUESTS_DID_FK" FOREIGN KEY (scope, name) REFERENCES dids (scope, name),
    CONSTRAINT "REQUESTS_RSES_FK" FOREIGN KEY (dest_rse_id) REFERENCES rses (id),
    CONSTRAINT "REQUESTS_ACCOUNT_FK" FOREIGN KEY (account) REFERENCES accounts (account),
    CONSTRAINT "REQUESTS_RSE_ID_NN" CHECK (dest_rse_id IS NOT NULL),
    CONSTRAINT "REQUESTS_CREATED_NN" CHECK (created_at IS NOT NULL),
    CONSTRAINT "REQUESTS_UPDATED_NN" CHECK (updated_at IS NOT NULL)
);
CREATE INDEX "REQUESTS_DEST_RSE_ID_IDX" ON requests (dest_rse_id);
CREATE INDEX "REQUESTS_EXTERNALID_UQ" ON requests (external_id);
CREATE INDEX "REQUESTS_RULEID_IDX" ON requests (rule_id);
CREATE INDEX "REQUESTS_SCOPE_NAME_RSE_IDX" ON requests (scope, name, dest_rse_id, request_type);
CREATE INDEX "REQUESTS_TYP_STA_TRA_ACT_IDX" ON requests (request_type, state, transfertool, activity);
CREATE INDEX "REQUESTS_TYP_STA_UPD_IDX" ON requests (request_type, state, activity);
CREATE INDEX "REQUESTS_TYP_STA_UPD_IDX_OLD" ON requests (request_type, state, updated_at);

CREATE TABLE transfer_limits (
    id uuid NOT NULL,
    rse_expression varchar(3000) NOT NULL,
    activity varchar(50),
    direction "TRANSFER_LIMITS_DIRECTION_TYPE_CHK" NOT NULL,
    max_transfers bigint,
    volume bigint,
    deadline bigint,
    strategy varchar(25),
    transfers bigint,
    waitings bigint,
    created_at timestamp,
    updated_at timestamp,
    CONSTRAINT "TRANSFER_LIMITS_PK" PRIMARY KEY (id),
    CONSTRAINT "TRANSFER_LIMITS_RSE_EXPRESSION_NN" CHECK (rse_expression IS NOT NULL),
    CONSTRAINT "TRANSFER_LIMITS_CREATED_NN" CHECK (created_at IS NOT NULL),
    CONSTRAINT "TRANSFER_LIMITS_UPDATED_NN" CHECK (updated_at IS NOT NULL)
);
CREATE INDEX "TRANSFER_LIMITS_SELECTORS_IDX" ON transfer_limits (rse_expression, activity);

CREATE TABLE messages (
    id uuid NOT NULL,
    event_type varchar(256) NOT NULL,
    payload varchar(4000) NOT NULL,
    payload_nolimit text,
    services varchar(256),
    created_at timestamp,
    updated_at timestamp,
    CONSTRAINT "MESSAGES_PK" PRIMARY KEY (id),
    CONSTRAINT "MESSAGES_EVENT_TYPE_NN" CHECK (event_type IS NOT NULL),
    CONSTRAINT "MESSAGES_PAYLOAD_NN" CHECK (payload IS NOT NULL),
    CONSTRAINT "MESSAGES_CREATED_NN" CHECK (created_at IS NOT NULL),
    CONSTRAINT "MESSAGES_UPDATED_NN" CHECK (updated_at IS NOT NULL)
);
CREATE INDEX "MESSAGES_SERVICES_IDX" ON messages (services, event_type);

CREATE TABLE tokens (
    token varchar(3072) NOT NULL,
    account varchar(29) NOT NULL,
    refresh_token varchar(3072),
    refresh boolean NOT NULL,
    refresh_start timestamp,
    refresh_expired_at timestamp,
    refresh_lifetime integer,
    oidc_scope varchar(2048),
    identity varchar(2048),
    audience varchar(315),
    expired_at timestamp NOT NULL,
    ip varchar(39),
    created_at timestamp,
    updated_at timestamp,
    CONSTRAINT "TOKENS_PK" PRIMARY KEY (token),
    CONSTRAINT "TOKENS_ACCOUNT_FK" FOREIGN KEY (account) REFERENCES accounts (account),
    CONSTRAINT "TOKENS_EXPIRED_AT_NN" CHECK (expired_at IS NOT NULL),
    CONSTRAINT "TOKENS_CREATED_NN" CHECK (created_at IS NOT NULL),
    CONSTRAINT "TOKENS_UPDATED_NN" CHECK (updated_at IS NOT NULL)
);
CREATE INDEX "TOKENS_ACCOUNT_EXPIRED_AT_IDX" ON tokens (account, expired_at);

CREATE TABLE configs (
    section varchar(128) NOT NULL,
    opt varchar(128) NOT NULL,
    value varchar(4000),
    created_at timestamp,
    updated_at timestamp,
    CONSTRAINT "CONFIGS_PK" PRIMARY KEY (section, opt),
    CONSTRAINT "CONFIGS_CREATED_NN" CHECK (created_at IS NOT NULL),
    CONSTRAINT "CONFIGS_UPDATED_NN" CHECK (updated_at IS NOT NULL)
);

CREATE TABLE configs_history (
    section varchar(128) NOT NULL,
    opt varchar(128) NOT NULL,
    value varchar(4000),
    created_at timestamp,
    updated_at timestamp,
    CONSTRAINT "CONFIGS_HISTORY_CREATED_NN" CHECK (created_at IS NOT NULL),
    CONSTRAINT "CONFIGS_HISTORY_UPDATED_NN" CHECK (updated_at IS NOT NULL)
);

CREATE TABLE heartbeats (
    executable varchar(64) NOT NULL,
    readable varchar(4000),
    hostname varchar(128) NOT NULL,
    pid integer NOT NULL,
    thread_id bigint NOT NULL,
    thread_name varchar(64),
    payload varchar(3000),
    created_at timestamp,
    updated_at timestamp,
    CONSTRAINT "HEARTBEATS_PK" PRIMARY KEY (executable, hostname, pid, thread_id),
    CONSTRAINT "HEARTBEATS_CREATED_NN" CHECK (created_at IS NOT NULL),
    CONSTRAINT "HEARTBEATS_UPDATED_NN" CHECK (updated_at IS NOT NULL)
);

CREATE TABLE alembic_version (
    version_num varchar(32) NOT NULL,
    CONSTRAINT "alembic_version_pkey" PRIMARY KEY (version_num)
);
