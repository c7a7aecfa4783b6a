import type { OpenPorts } from '../commands/command.ts';
import { loadConfig, readFuseLimits, readIdentitySettings } from '../config.ts';
import { checkPostgres } from '../db/check.ts';
import { openDatabase } from '../db/client/index.ts';
import { offerAsSent } from '../db/search-payload.ts';
import { createAuditLog } from '../db/stores/audit-log.ts';
import { createCaseStore } from '../db/stores/cases.ts';
import { createFuseStore } from '../db/stores/fuse.ts';
import { createIncidentStore } from '../db/stores/incidents.ts';
import { createOpsTripStore } from '../db/stores/ops-trips.ts';
import type { VerifyToken } from '../ports/identity.ts';
import { createTokenVerifier } from '../providers/oidc/index.ts';
import { joinSellers } from '../providers/sellers.ts';
import { createStripe } from '../providers/stripe/index.ts';
import { caseSettings } from './case-settings.ts';
import { createSellers, type VendorNotes } from './sellers.ts';
import { systemClock } from './system-clock.ts';

/** The ports of `npx parker`'s commands, on Postgres. */
export const openCommandPorts: OpenPorts = (databaseUrl, env) => {
  const pooled = env.DATABASE_POOLER === 'transaction';
  const database = openDatabase(databaseUrl, 'parker_worker', { max: 2, pooled });
  const { db } = database;
  return {
    fuseStore: createFuseStore({ db }),
    fuseLimits: () => readFuseLimits(env),
    auditLog: createAuditLog({ db }),
    incidents: createIncidentStore({ db }),
    caseStore: createCaseStore({ db }),
    opsTrips: createOpsTripStore({ db }),
    clock: systemClock,
    vendors: () => openVendors(env),
    offerAsSent: (offerId) => offerAsSent(db, offerId),
    verifyToken: verifierOf(env),
    trouble: async () => (await checkPostgres(databaseUrl, 'parker_worker', { pooled }))?.line ?? null,
    close: database.close,
  };
};

/** The API's verifier, from the same variables; most commands need none of them. */
const verifierOf =
  (env: NodeJS.ProcessEnv): VerifyToken =>
  async (token) =>
    createTokenVerifier(readIdentitySettings(env))(token);

/** The vendors as the workers know them, without their shared quota: a person asks a few times a day. */
function openVendors(env: NodeJS.ProcessEnv) {
  const config = loadConfig(env);
  const ignore = () => undefined;
  const notes: VendorNotes = { unreadable: () => ignore, trouble: ignore, duffelQuota: ignore };
  return {
    flights: joinSellers(createSellers(config, notes)),
    payments: createStripe({
      secretKey: config.STRIPE_SECRET_KEY,
      baseUrl: config.STRIPE_BASE_URL,
      deployment: config.DEPLOYMENT,
      noteUnreadable: ignore,
      noteTrouble: ignore,
    }),
    caseSettings: caseSettings(config),
  };
}
