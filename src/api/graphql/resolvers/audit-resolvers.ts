import type { AuditLink } from '../../../core/audit/audit-link.js';
import type { AuditFilter } from '../../../storage/audit-store.js';
import type { ResolverContext } from '../context.js';
import { connectionOf, pageRequest, type PageArguments } from '../pages.js';

type AuditArguments = PageArguments & { readonly [Name in keyof AuditFilter]?: string | null };

export const auditResolvers = {
  Query: {
    auditLog: async (_: unknown, args: AuditArguments, { audit, storage }: ResolverContext) => {
      const page = pageRequest(args);
      // So that whoever has done something finds it.
      await audit.caughtUp();
      const { items, hasNextPage } = await storage.audit.list(filterOf(args), page);
      const shown = items.map(({ item, cursor }) => ({ item: shownEntry(item), cursor }));
      return connectionOf({ items: shown, hasNextPage }, args);
    },
  },
};

function shownEntry({ sequence, hash, entry }: AuditLink) {
  return { ...entry, count: entry.count ?? 1, sequence, hash };
}

function filterOf({ actor, action, subject, since, until }: AuditArguments): AuditFilter {
  return {
    ...(actor == null ? {} : { actor }),
    ...(action == null ? {} : { action }),
    ...(subject == null ? {} : { subject }),
    ...(since == null ? {} : { since }),
    ...(until == null ? {} : { until }),
  };
}
