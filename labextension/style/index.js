import './base.css';
import './pane.css';
