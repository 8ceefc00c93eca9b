"""Files of the desk: as an answer always to be saved, never shown inside the site; and where those of quizzes are."""

from flask import Response, current_app

from quizzes.files import MediaFolder


def file_answer(data: bytes, media_type: str, name: str) -> Response:
    """`name` is ours: plain letters, digits, points and hyphens."""
    text = media_type.startswith("text/") or media_type.endswith(("xml", "yaml"))
    return Response(
        data,
        content_type=f"{media_type}; charset=utf-8" if text else media_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def media_folder() -> MediaFolder:
    """Where this installation keeps pictures and videos."""
    return MediaFolder(current_app.extensions["settings"].files_folder)
