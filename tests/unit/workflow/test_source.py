"""Which commit the manifests stand on, without running git."""

from reconciler.workflow.source import commit_of

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def repository(folder, head, **files):
    git = folder / ".git"
    git.mkdir(parents=True)
    (git / "HEAD").write_text(head + "\n")
    for name, text in files.items():
        path = git / name.replace("__", "/").replace("_", "-")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def test_the_checked_out_branch_is_followed_from_a_folder_inside(tmp_path):
    repository(tmp_path, "ref: refs/heads/main", refs__heads__main=COMMIT + "\n")
    inside = tmp_path / "a" / "b"
    inside.mkdir(parents=True)
    assert commit_of(str(inside)) == COMMIT


def test_a_detached_head_is_the_commit_itself(tmp_path):
    assert commit_of(str(repository(tmp_path, COMMIT))) == COMMIT


def test_packed_references_are_read(tmp_path):
    packed = f"# pack-refs with: peeled fully-peeled sorted\n{COMMIT} refs/heads/main\n"
    assert commit_of(str(repository(tmp_path, "ref: refs/heads/main", packed_refs=packed))) == COMMIT


def test_a_linked_work_tree_is_followed(tmp_path):
    main = repository(tmp_path / "main", "ref: refs/heads/main", refs__heads__side=COMMIT)
    linked = main / ".git" / "worktrees" / "side"
    linked.mkdir(parents=True)
    (linked / "HEAD").write_text("ref: refs/heads/side\n")
    (linked / "commondir").write_text("../..\n")
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / ".git").write_text(f"gitdir: {linked}\n")
    assert commit_of(str(tree)) == COMMIT


def test_an_empty_repository_and_a_hostile_head_have_no_commit(tmp_path):
    assert commit_of(str(repository(tmp_path / "empty", "ref: refs/heads/main"))) is None
    hostile = repository(tmp_path / "hostile", "ref: ../../secret")
    assert commit_of(str(hostile)) is None
