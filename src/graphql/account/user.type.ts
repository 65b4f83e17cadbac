import { Field, ID, InterfaceType, ObjectType, registerEnumType } from 'type-graphql';
import type { Account } from '../../storage/account-store.js';
import type { Role } from '../../storage/models/account.js';

export const RoleEnum = { STUDENT: 'STUDENT', TEACHER: 'TEACHER', ADMIN: 'ADMIN' } as const;
registerEnumType(RoleEnum, { name: 'Role' });

@InterfaceType({
  description: 'Only the user, the teachers of the user and admins can see email; for all others it is null.',
})
export abstract class User {
  @Field(() => ID)
  abstract readonly id: string;
  @Field(() => String)
  abstract readonly displayName: string;
  @Field(() => RoleEnum)
  abstract readonly role: Role;
}

/** A view of the account of a teacher or an admin, who have no progress. */
abstract class Staff extends User {
  constructor(readonly account: Account) {
    super();
  }
  override get id() {
    return this.account.id;
  }
  override get displayName() {
    return this.account.displayName ?? '';
  }
  override get role() {
    return this.account.role;
  }
}

@ObjectType({ implements: User })
export class Teacher extends Staff {}

@ObjectType({ implements: User })
export class Admin extends Staff {}

export const staffOf = (account: Account): Teacher | Admin =>
  account.role === 'ADMIN' ? new Admin(account) : new Teacher(account);
