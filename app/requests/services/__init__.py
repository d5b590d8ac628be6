"""What is done to démarches and requests: by families, by agents, by the portal."""

from app.requests.services.agents import ask_document as ask_document
from app.requests.services.agents import close as close
from app.requests.services.agents import close_many as close_many
from app.requests.services.agents import open_private as open_private
from app.requests.services.agents import refuse as refuse
from app.requests.services.agents import take as take
from app.requests.services.agents import take_many as take_many
from app.requests.services.family import abandon as abandon
from app.requests.services.family import begin as begin
from app.requests.services.family import cancel as cancel
from app.requests.services.family import is_editable as is_editable
from app.requests.services.family import save_step as save_step
from app.requests.services.family import submit as submit
from app.requests.services.publishing import close_procedure as close_procedure
from app.requests.services.publishing import install_builtin as install_builtin
from app.requests.services.publishing import new_draft as new_draft
from app.requests.services.publishing import publish as publish
from app.requests.services.thread import say as say
from app.requests.services.whole import ask_whole as ask_whole
from app.requests.services.whole import change_whole as change_whole
from app.requests.services.whole import finish as finish
