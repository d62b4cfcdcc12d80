//! The built function in a process of its own, with a Runtime API and a fake AWS on this machine: what only the whole
//! shows, from Lambda's deadline to the log.

mod checks;
mod frozen;
mod function;
mod logs;
mod network;
mod pages;
mod plans;
mod work;
