import './teacher.css';
import { useState } from 'react';
import { Link } from 'wouter';
import { TaughtCoursesDocument } from '../api/generated/teacher';
import { useAllPages } from '../api/use-all-pages';
import { useAccount } from '../session/use-session';
import { ButtonLink } from '../ui/button';
import { TextField } from '../ui/field';
import { Card, Page } from '../ui/page';
import { Answered, Empty, NoMatch } from '../ui/states';
import { Table } from '../ui/table';
import { words } from '../words/en';
import { NotWhole } from './course-frame';
import { paths } from './paths';

/** A list that fits on a screen needs no search. */
const SEARCHED_FROM = 10;

/** A teacher's own courses; every course for an admin. */
export default function CoursesPage() {
  const { role } = useAccount();
  const title = role === 'ADMIN' ? words.courses.titleOfAdmin : words.courses.title;
  const answer = useAllPages(TaughtCoursesDocument, {}, ({ courses }) => courses);
  const [search, setSearch] = useState('');
  return (
    <Page title={title} actions={<ButtonLink href={paths.newCourse}>{words.courses.create}</ButtonLink>}>
      <Answered answer={answer}>
        {({ nodes, isWhole }) => {
          const rows = nodes.filter(({ name, joinCode }) =>
            `${name} ${joinCode}`.toLowerCase().includes(search.trim().toLowerCase()),
          );
          if (nodes.length === 0)
            return (
              <Empty>
                <p>{words.courses.none}</p>
                <ButtonLink look="primary" href={paths.newCourse}>
                  {words.courses.createFirst}
                </ButtonLink>
              </Empty>
            );
          return (
            <Card>
              {nodes.length >= SEARCHED_FROM && (
                <TextField
                  label={words.courses.search}
                  type="search"
                  value={search}
                  onChange={({ target }) => setSearch(target.value)}
                />
              )}
              {rows.length === 0 ? (
                <NoMatch text={words.courses.noMatch(search)} onClear={() => setSearch('')} />
              ) : (
                <Table
                  caption={title}
                  rows={rows}
                  rowKey={({ id }) => id}
                  columns={[
                    {
                      header: words.courses.name,
                      cell: ({ id, name }) => <Link href={paths.roster(id)}>{name}</Link>,
                    },
                    {
                      header: words.courses.joinCode,
                      cell: ({ joinCode }) => <span className="join-code">{joinCode}</span>,
                    },
                  ]}
                />
              )}
              {!isWhole && <NotWhole shown={nodes.length} />}
            </Card>
          );
        }}
      </Answered>
    </Page>
  );
}
