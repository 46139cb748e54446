//! Work that takes several answers.

use restante_wire::codec;

use super::Db;
use crate::{
    Error,
    engine::{
        io::{TaskId, Time},
        tasks::Task,
    },
};

impl Db<'_> {
    pub(crate) fn add_task(self, task: &Task) -> Result<TaskId, Error> {
        self.run(
            "INSERT INTO tasks (task) VALUES (?1)",
            [codec::encode(task)],
        )?;
        Ok(TaskId(self.0.last_insert_rowid()))
    }

    pub(crate) fn task(self, id: TaskId) -> Result<Option<Task>, Error> {
        let bytes: Option<Vec<u8>> =
            self.one("SELECT task FROM tasks WHERE id = ?1", [id.0], |row| {
                row.get(0)
            })?;
        Ok(bytes.map(|bytes| codec::decode(&bytes)).transpose()?)
    }

    pub(crate) fn tasks(self) -> Result<Vec<(TaskId, Task)>, Error> {
        let rows = self.all("SELECT id, task FROM tasks ORDER BY id", [], |row| {
            Ok((TaskId(row.get(0)?), row.get::<_, Vec<u8>>(1)?))
        })?;
        rows.into_iter()
            .map(|(id, task)| Ok((id, codec::decode(&task)?)))
            .collect()
    }

    /// Tasks but those that wait because they failed.
    pub(crate) fn tasks_at_work(self) -> Result<Vec<(TaskId, Task)>, Error> {
        let waiting = self.tasks_set_back()?;
        let mut tasks = self.tasks()?;
        tasks.retain(|(id, _)| waiting.iter().all(|(other, _)| other != id));
        Ok(tasks)
    }

    /// Tasks that failed for a fault of this client's own, and when they are tried again.
    pub(crate) fn tasks_set_back(self) -> Result<Vec<(TaskId, Time)>, Error> {
        let sql = "SELECT id, due FROM tasks WHERE due IS NOT NULL";
        self.all(sql, [], |row| Ok((TaskId(row.get(0)?), Time(row.get(1)?))))
    }

    /// How often a task failed so.
    pub(crate) fn task_failures(self, id: TaskId) -> Result<u32, Error> {
        let sql = "SELECT failures FROM tasks WHERE id = ?1";
        Ok(self.one(sql, [id.0], |row| row.get(0))?.unwrap_or(0))
    }

    /// Notes that a task failed once more, and is to be tried again at a time.
    pub(crate) fn set_task_back(self, id: TaskId, due: Time) -> Result<(), Error> {
        let sql = "UPDATE tasks SET failures = failures + 1, due = ?2 WHERE id = ?1";
        self.run(sql, (id.0, due.0))?;
        Ok(())
    }

    pub(crate) fn write_task(self, id: TaskId, task: &Task) -> Result<(), Error> {
        self.run(
            "UPDATE tasks SET task = ?2, due = NULL WHERE id = ?1",
            (id.0, codec::encode(task)),
        )?;
        Ok(())
    }

    pub(crate) fn delete_task(self, id: TaskId) -> Result<(), Error> {
        self.run("DELETE FROM tasks WHERE id = ?1", [id.0])?;
        Ok(())
    }
}
