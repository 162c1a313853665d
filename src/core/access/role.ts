/** What a caller may do, each with all that stands before it. */
export const ROLES = ['read', 'operate', 'administer'] as const;
export type Role = (typeof ROLES)[number];

/** Whether somebody of a role may do what asks for another. */
export function mayDo(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}

export function isRole(value: unknown): value is Role {
  return ROLES.some((role) => role === value);
}
