import { WHAT_TO_DO, type Alert } from '../../../core/alerts/alert.js';
import { alertChanges } from '../../alerts/alert-changes.js';
import type { ResolverContext } from '../context.js';
import { connectionOf, pageRequest, type PageArguments } from '../pages.js';

type AlertArguments = PageArguments & { readonly isOpen?: boolean | null };

export const alertResolvers = {
  Query: {
    alerts: async (_: unknown, { isOpen, ...args }: AlertArguments, { storage }: ResolverContext) => {
      const found = await storage.alerts.list(isOpen == null ? {} : { isOpen }, pageRequest(args));
      return connectionOf(found, args);
    },
  },
  Subscription: {
    alertChanged: {
      subscribe: (_: unknown, __: unknown, context: ResolverContext) => alertChanges(context),
      resolve: (alert: Alert, _: unknown, { work }: ResolverContext) => {
        work.renew();
        return alert;
      },
    },
  },
  Alert: { whatToDo: ({ name }: Alert) => WHAT_TO_DO[name] },
};
