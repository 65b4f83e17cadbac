import mongoose from 'mongoose';

/**
 * Ends the open transactions of a test file's connection now. If a commit failed, its transaction locks the student
 * until the server ends it after 10 s.
 */
export async function endAbandonedTransactions(appName: string): Promise<void> {
  const admin = mongoose.connection.getClient().db('admin');
  const open = await admin
    .aggregate<{ lsid: object }>(
      [{ $currentOp: { idleSessions: true } }, { $match: { appName, transaction: { $exists: true } } }],
      { readConcern: { level: 'local' } },
    )
    .toArray();
  // Given an empty list, killSessions kills the sessions of all users.
  if (open.length > 0) await admin.command({ killSessions: open.map(({ lsid }) => lsid) });
}
