import { TaughtCoursesDocument } from '../api/generated/teacher';
import { useAnswer } from '../api/use-answer';
import { Card, Page } from '../ui/page';
import { Answered, Empty } from '../ui/states';
import { Table } from '../ui/table';
import { words } from '../words/en';
import { CreateCourse } from './create-course';

export default function CoursesPage() {
  const answer = useAnswer(TaughtCoursesDocument, {}, { dependsOn: ['Course'] });
  return (
    <Page title={words.courses.title}>
      <Answered answer={answer}>
        {({ courses: { edges } }) =>
          edges.length === 0 ? (
            <Empty>
              <p>{words.courses.none}</p>
            </Empty>
          ) : (
            <Card title={words.courses.taught}>
              <Table
                caption={words.courses.title}
                rows={edges.map(({ node }) => node)}
                rowKey={({ id }) => id}
                columns={[
                  { header: words.courses.name, cell: ({ name }) => name },
                  { header: words.courses.joinCode, cell: ({ joinCode }) => joinCode },
                ]}
              />
            </Card>
          )
        }
      </Answered>
      <CreateCourse />
    </Page>
  );
}
