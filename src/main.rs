//! Hands over to [`haberdash::cli`].

fn main() -> std::process::ExitCode {
    haberdash::cli::main()
}
